import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BenchResult } from '../run/run-result.ts';
import { millis } from './format.ts';
import { escapeMarkdown } from './markdown.ts';
import { OUTCOMES } from './outcome.ts';
import { type Report, readReports } from './read-reports.ts';
import { cpuPerRequest, isOpenLoop, overRuns, percentileOfRun, type Series, seriesOf } from './series.ts';

/** Writes `README.md`: a table of all reports, the newest first. Throws when the folder is not there. */
export function writeIndex(perfReportsFolder: string): void {
  const reports = readReports(perfReportsFolder);
  writeFileSync(join(perfReportsFolder, 'README.md'), indexPage(reports));
}

/** Of several contenders the last one: what is new is compared with what was before. */
function headline(result: BenchResult): Series | null {
  const series = seriesOf(result);
  return series.findLast(({ contender }) => contender === 'penstock') ?? series.at(-1) ?? null;
}

function cells({ folder, date, title, result }: Report): string[] {
  const link = `[${escapeMarkdown(title)}](${encodeURIComponent(folder)}/report.md)`;
  if (result === null) return [date, link, '', '', '', '', '', ''];
  const series = headline(result);
  const { sign, word } = OUTCOMES[result.judgement.outcome];
  const latency = (percentile: number): string =>
    series === null || !isOpenLoop(series) ? '' : millis(overRuns(series, percentileOfRun(percentile)).median);
  return [
    date.slice(0, 10),
    link,
    escapeMarkdown(result.purpose),
    `${sign} ${word}`,
    series === null ? '' : overRuns(series, cpuPerRequest).median.toFixed(1),
    latency(50),
    latency(99),
    escapeMarkdown(result.machine.commit),
  ];
}

const TITLES = ['Date', 'Report', 'About', 'Outcome', 'CPU µs a request', 'p50, ms', 'p99, ms', 'Commit'];
const row = (texts: readonly string[]): string => `| ${texts.join(' | ')} |`;

function indexPage(reports: readonly Report[]): string {
  const rule = TITLES.map((_, index) => (index >= 4 && index <= 6 ? '---:' : '---'));
  return `# Reports

Each folder is one run, written by the bench: \`results.json\` has every raw value and histogram, \`report.md\` and \`report.html\` are made
from it. This page is generated too; not edited. Figures are medians of the runs of \`penstock\`, or of what is listed last.

${[TITLES, rule, ...reports.map(cells)].map(row).join('\n')}
`;
}
