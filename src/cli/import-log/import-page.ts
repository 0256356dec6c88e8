/** What `penstock import-log` says when it is done. */
import type { LogCounts } from '../../recording/import/tally.ts';

/** The answer of the command, as `--json` prints it. */
export interface ImportReport {
  /** Null: nothing was imported, and no recording written. */
  readonly out: string | null;
  readonly rejects: string | null;
  /** Host of requests whose log names none. */
  readonly host: string;
  /** `imported + rejected = read`. */
  readonly read: number;
  readonly imported: number;
  readonly rejected: number;
  /** From the first request to the last; null: there was none. */
  readonly spanMs: number | null;
  readonly files: readonly LogCounts[];
}

/** @param spanMs of what was written; null: nothing was */
export function importReport(
  files: readonly LogCounts[],
  { out, rejects, host }: { out: string; rejects: string | null; host: string },
  spanMs: number | null,
): ImportReport {
  const sum = (count: (file: LogCounts) => number): number => files.reduce((total, file) => total + count(file), 0);
  const [read, imported, rejected] = [sum((f) => f.read), sum((f) => f.imported), sum((f) => f.rejected)];
  return { out: spanMs === null ? null : out, rejects, host, read, imported, rejected, spanMs, files };
}

export function importPage(report: ImportReport): string {
  const { read, imported, rejected } = report;
  const lines = report.files.flatMap((file) => filePage(file, report.host));
  if (report.files.length > 1) lines.push(`together: ${countsText({ read, imported, rejected })}`);
  if (report.rejects !== null) lines.push(`${report.rejects}: the rejected ones, as they stand in the log`);
  lines.push(report.out === null ? 'nothing was imported: no recording is written' : writtenText(report));
  return `${lines.join('\n')}\n`;
}

function filePage(file: LogCounts, host: string): string[] {
  const lines = [`${file.file}: ${file.format}; ${countsText(file)}`];
  for (const { reason, count, places } of file.reasons) {
    const more = count > places.length ? ', ...' : '';
    const unit =
      file.unit === 'line' ? (places.length === 1 ? 'line' : 'lines') : places.length === 1 ? 'entry' : 'entries';
    lines.push(`  ${number(count).padStart(9)}  rejected: ${reason} (${unit} ${places.join(', ')}${more})`);
  }
  const notes: [count: number, text: string][] = [
    [file.passedOver, 'passed over: directives and empty lines'],
    [file.moved, 'moved: so late in the log that they are put at the time of their predecessor'],
    [file.withoutHost, `without a host in the log: ${host} stands in (--host)`],
  ];
  for (const [count, text] of notes) if (count > 0) lines.push(`  ${number(count).padStart(9)}  ${text}`);
  if (file.problem !== null) lines.push(`  NOT READ TO ITS END: ${file.problem}`);
  return lines;
}

const countsText = ({ read, imported, rejected }: Pick<ImportReport, 'read' | 'imported' | 'rejected'>): string =>
  `${number(imported)} imported + ${number(rejected)} rejected = ${number(read)} read`;

const writtenText = ({ out, imported, spanMs }: ImportReport): string =>
  `${out}: ${number(imported)} exchanges in ${durationText(spanMs ?? 0)}`;

function durationText(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (seconds < 120) return `${seconds} s`;
  return seconds < 7200 ? `${Math.round(seconds / 60)} min` : `${number(Math.round(seconds / 3600))} h`;
}

const number = (value: number): string => value.toLocaleString('en-US');
