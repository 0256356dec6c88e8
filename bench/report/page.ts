/** `report.html`: one file that needs nothing else, whole without a script. */
import type { BenchResult } from '../run/run-result.ts';
import { type Markup, markup, type Part } from './markup.ts';
import { OUTCOMES, outcomeSentences } from './outcome.ts';
import { isOpenLoop, seriesOf } from './series.ts';
import { STYLE } from './style.ts';
import {
  answerTable,
  budgetTable,
  facts,
  routeTable,
  runTable,
  seriesTable,
  stageTable,
  type Table,
} from './tables.ts';

function tableMarkup({ columns, rows }: Table, caption: string): Markup {
  const kind = (index: number): string => (columns[index].isNumber ? 'number' : 'word');
  const body = rows.map(
    (cells) =>
      markup`<tr>${cells.map(({ text, tone }, index) => markup`<td class="${kind(index)} ${tone ?? 'plain'}">${text}</td>`)}</tr>\n`,
  );
  return markup`<div class="scroll" tabindex="0" role="region" aria-label="${caption}"><table>
<thead><tr>${columns.map(({ title }, index) => markup`<th scope="col" class="${kind(index)}">${title}</th>`)}</tr></thead>
<tbody>${body}</tbody></table></div>`;
}

function section(title: string, lead: string | null, ...parts: readonly Part[]): Markup {
  return markup`<section><h2>${title}</h2>${lead === null ? null : markup`<p class="lead">${lead}</p>`}${parts}</section>\n`;
}

export function htmlReport(result: BenchResult): string {
  const series = seriesOf(result);
  const open = series.filter(isOpenLoop);
  const { tone, sign, word } = OUTCOMES[result.judgement.outcome];
  const [verdict, load] = outcomeSentences(result, series);
  const stages = stageTable(result);
  return markup`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="color-scheme" content="light dark"><title>${result.name}: ${word}</title><style>${STYLE}</style></head>
<body><main>
<header><p class="date">${result.date.slice(0, 10)}</p><h1>${result.name}</h1><p class="purpose">${result.purpose}</p></header>
<section class="outcome ${tone}"><p class="sign"><span aria-hidden="true">${sign}</span> ${word}</p><p class="verdict">${verdict}</p><p>${load}</p></section>
${result.judgement.verdicts.length === 0 ? null : section('Budgets', null, tableMarkup(budgetTable(result), 'Budgets'))}
${section('Figures', 'Median of the runs (least–greatest).', tableMarkup(seriesTable(series), 'Figures'))}
${open.map((each) =>
  section(
    open.length > 1 ? `By route: ${each.label}` : 'By route',
    'All runs that count together; overhead is the time in the gateway’s own hands.',
    tableMarkup(routeTable(each), `By route: ${each.label}`),
  ),
)}
${section('Answers and failures', null, tableMarkup(answerTable(series), 'Answers and failures'))}
${section('Runs', null, tableMarkup(runTable(series), 'Runs'))}
${stages === null ? null : section('Where the time went', null, tableMarkup(stages, 'Stages'))}
${result.notes.length === 0 ? null : section('Notes', null, markup`<ul>${result.notes.map((note) => markup`<li>${note}</li>`)}</ul>`)}
${section('Made with', null, markup`<dl>${facts(result).map(([name, value]) => markup`<dt>${name}</dt><dd>${value}</dd>`)}</dl>`)}
</main></body></html>
`.toString();
}
