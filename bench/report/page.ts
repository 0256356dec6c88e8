/** `report.html`: one file that needs nothing else, whole without a script. */
import type { CpuProfile } from '../profile/cpu-profile.ts';
import type { BenchResult } from '../run/run-result.ts';
import { type Markup, markup } from './markup.ts';
import { OUTCOMES, outcomeSentences } from './outcome.ts';
import { profileSection } from './profile-section.ts';
import { cpuSection, latencySection, section, tableMarkup, tiles, timeSection } from './sections.ts';
import { isOpenLoop, type Series, seriesOf } from './series.ts';
import { STYLE } from './style.ts';
import {
  answerTable,
  budgetTable,
  facts,
  routesLeftOut,
  routeTable,
  runTable,
  seriesTable,
  verdictsLeftOut,
} from './tables.ts';

/** @param cpuProfile what the flame graph is of; null: none */
export function htmlReport(result: BenchResult, cpuProfile: CpuProfile | null): string {
  const series = seriesOf(result);
  const { word } = OUTCOMES[result.judgement.outcome];
  return markup`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="color-scheme" content="light dark"><title>${result.name}: ${word}</title><style>${STYLE}</style></head>
<body><main>
${top(result, series)}
${budgets(result)}
${series.length === 0 ? null : figures(result, series, cpuProfile)}
${result.notes.length === 0 ? null : section('Notes', null, markup`<ul>${result.notes.map((note) => markup`<li>${note}</li>`)}</ul>`)}
${section('Made with', null, madeWith(result))}
</main></body></html>
`.toString();
}

function top(result: BenchResult, series: readonly Series[]): Markup {
  const { tone, sign, word } = OUTCOMES[result.judgement.outcome];
  const [verdict, load] = outcomeSentences(result, series);
  return markup`<header><p class="date">${result.date.slice(0, 10)}</p><h1>${result.name}</h1><p class="purpose">${result.purpose}</p></header>
<section class="outcome ${tone}"><p class="sign"><span aria-hidden="true">${sign}</span> ${word}</p><p class="verdict">${verdict}</p><p>${load}</p></section>
${series.length === 1 ? tiles(series[0]) : null}`;
}

function budgets(result: BenchResult): Markup | null {
  if (result.judgement.verdicts.length === 0) return null;
  const lead = `Measured is the median of the runs that count. A budget fails when it is broken in most of them.${verdictsLeftOut(result)}`;
  return section('Budgets', lead, tableMarkup(budgetTable(result), 'Budgets'));
}

function figures(result: BenchResult, series: readonly Series[], cpuProfile: CpuProfile | null): Markup {
  const open = series.filter(isOpenLoop);
  const byRoute = open.map((each) =>
    section(
      open.length > 1 ? `By route: ${each.label}` : 'By route',
      `All runs that count together. Overhead is the time in the gateway’s own hands.${routesLeftOut(each)}`,
      tableMarkup(routeTable(each), `By route: ${each.label}`),
    ),
  );
  return markup`${section('Figures', 'Median of the runs (least–greatest).', tableMarkup(seriesTable(series), 'Figures'))}
${latencySection(series)}${timeSection(series)}${cpuSection(series)}${byRoute}
${section('Answers and failures', 'Of the runs that count.', tableMarkup(answerTable(series), 'Answers and failures'))}
${profileSection(result, cpuProfile)}
${section('Runs', 'Whether the generator kept its pace, and what else went on.', tableMarkup(runTable(series), 'Runs'))}`;
}

function madeWith(result: BenchResult): Markup {
  return markup`<dl class="facts">${facts(result).map(([name, value]) => markup`<dt>${name}</dt><dd>${value}</dd>`)}</dl>`;
}
