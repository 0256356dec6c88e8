/** What the folders of `perf-reports/` hold. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BenchResult } from '../run/run-result.ts';

export interface Report {
  readonly folder: string;
  /** ISO 8601; the day alone for reports of an older form. */
  readonly date: string;
  readonly title: string;
  /** Null: of an older form, of which only title and date are known. */
  readonly result: BenchResult | null;
}

/** The newest first. Folders without a date in their name or without a report are none. */
export function readReports(perfReportsFolder: string): Report[] {
  const folders = readdirSync(perfReportsFolder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && /^\d{4}-\d\d-\d\d-./.test(entry.name))
    .map(({ name }) => name);
  const reports = folders.flatMap((folder) => readReport(perfReportsFolder, folder) ?? []);
  return reports.sort((a, b) => compare(b.date, a.date) || compare(a.folder, b.folder));
}

function readReport(parent: string, folder: string): Report | null {
  const result = readResult(join(parent, folder, 'results.json'));
  if (result !== null) return { folder, date: result.date, title: result.name, result };
  const page = join(parent, folder, 'report.md');
  if (!existsSync(page)) return null;
  const [, heading] = /^# +(.+)$/m.exec(readFileSync(page, 'utf8')) ?? [];
  const date = folder.slice(0, 10);
  return { folder, date, title: heading?.replace(`, ${date}`, '').trim() ?? folder, result: null };
}

/** Null where there is none, or one of another form. */
function readResult(file: string): BenchResult | null {
  try {
    const content = JSON.parse(readFileSync(file, 'utf8')) as Partial<BenchResult> | null;
    return content?.format === 1 ? (content as BenchResult) : null;
  } catch {
    return null;
  }
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
