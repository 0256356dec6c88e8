import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BenchResult } from '../run/run-result.ts';
import { millis } from './format.ts';
import { escapeMarkdown } from './markdown.ts';
import { OUTCOMES } from './outcome.ts';
import { type Report, readReports } from './read-reports.ts';
import { cpuPerRequest, isOpenLoop, overRuns, percentileOfRun, type Series, seriesOf } from './series.ts';
import { type TrendPoint, trendSvg } from './trend.ts';

/** Name of the run that `npm run bench` makes when nothing else is asked for: its recording's. The trend is of it. */
export const DEFAULT_RUN = 'site';
const TREND = 'trend.svg';
const TITLES = ['Date', 'Report', 'About', 'Outcome', 'CPU µs a request', 'p50, ms', 'p99, ms', 'Commit'];

/**
 * Writes `README.md`, a table of all reports, the newest first, and `trend.svg`, which it shows once there is a default run.
 * Throws when the folder is not there.
 */
export function writeIndex(perfReportsFolder: string): void {
  const reports = readReports(perfReportsFolder);
  const trend = trendOf(reports);
  if (trend.length > 0) writeFileSync(join(perfReportsFolder, TREND), trendSvg(trend));
  else rmSync(join(perfReportsFolder, TREND), { force: true });
  writeFileSync(join(perfReportsFolder, 'README.md'), indexPage(reports, trend.length));
}

interface Headline {
  readonly cpuMicros: number;
  /** Milliseconds, as printed; null for a closed loop. */
  readonly p50: string | null;
  readonly p99: string | null;
}

/** Of several contenders `penstock`, or else the last one: what is new is compared with what was before. */
function headline(result: BenchResult): Headline | null {
  const all = seriesOf(result);
  const series = all.some(isOpenLoop) ? all.filter(isOpenLoop) : all;
  const chosen = series.findLast(({ contender }) => contender === 'penstock') ?? series.at(-1);
  if (chosen === undefined) return null;
  const latency = (percentile: number): string | null => (isOpenLoop(chosen) ? latencyOf(chosen, percentile) : null);
  return { cpuMicros: overRuns(chosen, cpuPerRequest).median, p50: latency(50), p99: latency(99) };
}

const latencyOf = (series: Series, percentile: number): string =>
  millis(overRuns(series, percentileOfRun(percentile)).median);

/** The oldest first. */
function trendOf(reports: readonly Report[]): TrendPoint[] {
  return reports.toReversed().flatMap(({ date, result }) => {
    const figures = result?.name === DEFAULT_RUN ? headline(result) : null;
    if (figures === null) return [];
    const p99 = figures.p99 === null ? null : Number(figures.p99);
    return [{ date, commit: result!.machine.commit, cpuMicros: figures.cpuMicros, p99 }];
  });
}

function cells({ folder, date, title, result }: Report): string[] {
  const link = `[${escapeMarkdown(title)}](${encodeURIComponent(folder)}/report.md)`;
  if (result === null) return [date, link, '', '', '', '', '', ''];
  const { sign, word } = OUTCOMES[result.judgement.outcome];
  const figures = headline(result);
  return [
    date.slice(0, 10),
    link,
    escapeMarkdown(result.purpose),
    `${sign} ${word}`,
    figures?.cpuMicros.toFixed(1) ?? '',
    figures?.p50 ?? '',
    figures?.p99 ?? '',
    escapeMarkdown(result.machine.commit),
  ];
}

const row = (texts: readonly string[]): string => `| ${texts.join(' | ')} |`;

function indexPage(reports: readonly Report[], trendLength: number): string {
  const rule = TITLES.map((_, index) => (index >= 4 && index <= 6 ? '---:' : '---'));
  const trend = `![CPU a request and p99 of the default run over ${trendLength} reports](${TREND})\n\n`;
  return `# Reports

Each folder is one run, written by the bench: \`results.json\` has every raw value and histogram; \`report.md\` and \`report.html\` (curves, the
course of time) are made from it. This page is generated too; not edited. Figures are medians of the runs: of \`penstock\`, or of the
contender that stands last. Reports of older forms are listed by their titles.

${trendLength > 0 ? trend : ''}${[TITLES, rule, ...reports.map(cells)].map(row).join('\n')}
`;
}
