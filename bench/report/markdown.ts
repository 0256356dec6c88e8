/** `report.md`: the figures of the page for a terminal, and for where Markdown is rendered. */
import type { BenchResult } from '../run/run-result.ts';
import { OUTCOMES, outcomeSentences } from './outcome.ts';
import { isOpenLoop, seriesOf } from './series.ts';
import {
  answerTable,
  budgetTable,
  type Cell,
  facts,
  routesLeftOut,
  routeTable,
  runTable,
  seriesTable,
  stageTable,
  type Table,
  verdictsLeftOut,
} from './tables.ts';

/** Text that Markdown and the HTML inside it take for nothing but text, on one line. */
export function escapeMarkdown(text: string): string {
  return text
    .replace(/[\r\n\t]+/g, ' ')
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/[\\`*_[\]|~#]/g, '\\$&');
}

const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;

export function markdownTable({ columns, rows }: Table): string {
  const cell = ({ text, tone }: Cell): string =>
    tone === 'bad' && text !== '0' ? `**${escapeMarkdown(text)}**` : escapeMarkdown(text);
  return [
    row(columns.map(({ title }) => escapeMarkdown(title))),
    row(columns.map(({ isNumber }) => (isNumber ? '---:' : '---'))),
    ...rows.map((cells) => row(cells.map(cell))),
  ].join('\n');
}

const section = (title: string, ...parts: readonly string[]): string => [`## ${title}`, ...parts].join('\n\n');

export function markdownReport(result: BenchResult): string {
  const series = seriesOf(result);
  const { sign, word } = OUTCOMES[result.judgement.outcome];
  const [verdict, load] = outcomeSentences(result, series);
  const stages = stageTable(result);
  const open = series.filter(isOpenLoop);
  const sections = [
    `# ${escapeMarkdown(result.name)}`,
    escapeMarkdown(result.purpose),
    `**${sign} ${word}.** ${escapeMarkdown(verdict)} ${escapeMarkdown(load)}`,
    'Generated from `results.json`; not edited. Curves and the course of time are in `report.html`.',
    ...(result.judgement.verdicts.length > 0
      ? [
          section(
            'Budgets',
            `Measured is the median of the runs that count.${verdictsLeftOut(result)}`,
            markdownTable(budgetTable(result)),
          ),
        ]
      : []),
    section('Figures', 'Median of the runs (least–greatest).', markdownTable(seriesTable(series))),
    ...open.map((each) =>
      section(
        open.length > 1 ? `By route: ${escapeMarkdown(each.label)}` : 'By route',
        `All runs that count together. Overhead is the time in the gateway’s own hands.${routesLeftOut(each)}`,
        markdownTable(routeTable(each)),
      ),
    ),
    section('Answers and failures', markdownTable(answerTable(series))),
    section('Runs', markdownTable(runTable(series))),
    ...(stages === null
      ? []
      : [section('Where the time went', `CPU profile: \`${result.profile!.file}\`.`, markdownTable(stages))]),
    ...(result.notes.length > 0
      ? [section('Notes', result.notes.map((note) => `- ${escapeMarkdown(note)}`).join('\n'))]
      : []),
    section(
      'Made with',
      facts(result)
        .map(([name, value]) => `- ${name}: ${escapeMarkdown(value)}`)
        .join('\n'),
    ),
  ];
  return `${sections.join('\n\n')}\n`;
}
