import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CpuProfile } from '../profile/cpu-profile.ts';
import type { BenchResult } from '../run/run-result.ts';
import { markdownReport } from './markdown.ts';
import { htmlReport } from './page.ts';

/**
 * Writes `results.json`, `report.html` and `report.md` into the folder, which is made when it is not there; with a profile also that,
 * as `result.profile.file`. Both pages are computed from the same result. Throws when a file cannot be written or a histogram
 * cannot be read.
 *
 * @param profile what `profileOf` gave with `result.profile`: the flame graph is of it
 */
export function writeReport(folder: string, result: BenchResult, profile: CpuProfile | null = null): void {
  mkdirSync(folder, { recursive: true });
  const write = (file: string, text: string): void => writeFileSync(join(folder, file), text);
  write('results.json', `${JSON.stringify(result, null, 2)}\n`);
  write('report.md', markdownReport(result));
  write('report.html', htmlReport(result, profile));
  if (profile !== null && result.profile !== null) write(result.profile.file, JSON.stringify(profile));
}
