/** The report over all scenarios: `results.json`, and `report.md` and `report.html` made from it. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { count, duration, percent } from '../report/format.ts';
import { escapeMarkdown, markdownTable } from '../report/markdown.ts';
import { type Markup, markup } from '../report/markup.ts';
import { section, tableMarkup } from '../report/sections.ts';
import { STYLE } from '../report/style.ts';
import type { Cell, Table } from '../report/tables.ts';
import { spread } from '../statistics.ts';
import { ratioChart } from './ratio-chart.ts';
import type { Figure, GatewaySummary, ScenarioSummary, Summary } from './summary.ts';

const TITLE = 'Side by side with other gateways';

const HOW = `The same work for each, by configs that follow its own documentation. One gateway at a time, one worker, alone on one core; load and
origins on the rest. A fresh process for every window, order reversed each round. CPU is user and system time of all processes of the gateway,
divided by the requests: the steadiest figure there is. p50 and p99 are at a fixed rate, from when a request was due. Ratios are of the
same round; median (least–greatest). More than 1: Penstock is faster, or takes less.`;

const FIGURES = [
  { title: 'CPU a request', of: ({ cpuMicros }: GatewaySummary): Figure => cpuMicros },
  { title: 'p50', of: ({ p50Micros }: GatewaySummary): Figure => p50Micros },
  { title: 'p99', of: ({ p99Micros }: GatewaySummary): Figure => p99Micros },
] as const;

export function writePeersReport(folder: string, summary: Summary): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'results.json'), `${JSON.stringify(summary, null, 2)}\n`);
  writeFileSync(join(folder, 'report.md'), markdownPage(summary));
  writeFileSync(join(folder, 'report.html'), htmlPage(summary));
}

/** One line a scenario, one column a gateway: its figure as a multiple of Penstock's. */
export function ratioTable({ scenarios }: Summary, of: (gateway: GatewaySummary) => Figure): Table {
  const names = gatewayNames(scenarios).slice(1);
  return {
    columns: [
      { title: 'Scenario', isNumber: false },
      { title: 'penstock', isNumber: true },
      ...names.map((title) => ({ title, isNumber: true })),
    ],
    rows: scenarios.map(({ name, gateways }) => [
      { text: name },
      { text: duration(spread(of(gateways[0]!).values).median) },
      ...names.map((peer) =>
        ratioCell(
          gateways.find((gateway) => gateway.name === peer),
          of,
        ),
      ),
    ]),
  };
}

function ratioCell(gateway: GatewaySummary | undefined, of: (gateway: GatewaySummary) => Figure): Cell {
  const ratios = gateway === undefined ? [] : of(gateway).ratios;
  if (ratios.length === 0) return { text: '–' };
  const { median, min, max } = spread(ratios);
  return { text: `${median.toFixed(2)}× (${min.toFixed(2)}–${max.toFixed(2)})` };
}

/** One line a gateway of one scenario. */
function valueTable({ gateways }: ScenarioSummary): Table {
  const median = ({ values }: Figure): Cell => ({ text: duration(spread(values).median) });
  return {
    columns: ['Gateway', 'Version', ...FIGURES.map(({ title }) => title), 'errors'].map((title, at) => ({
      title,
      isNumber: at > 1,
    })),
    rows: gateways.map((gateway) => [
      { text: gateway.name },
      { text: gateway.version },
      ...FIGURES.map(({ of }) => median(of(gateway))),
      { text: gateway.errors === 0 ? '0' : `${count(gateway.errors)} (${percent(gateway.errors / gateway.sent)})` },
    ]),
  };
}

/** Every gateway of the comparison, Penstock first. */
function gatewayNames(scenarios: readonly ScenarioSummary[]): string[] {
  return [...new Set(scenarios.flatMap(({ gateways }) => gateways.map(({ name }) => name)))];
}

function cannotLines({ scenarios, notInstalled }: Summary): string[] {
  const missing = notInstalled.map((name) => `${name}: not installed.`);
  const reasons = scenarios.flatMap(({ name, cannot }) =>
    Object.entries(cannot).map(([gateway, reason]) => `${name}, ${gateway}: ${reason}`),
  );
  return [...missing, ...reasons];
}

const paceOf = ({ gateways }: ScenarioSummary): string =>
  gateways[0]!.inClosedLoop ? 'CPU a request is that of a closed loop.' : 'CPU a request is that at the fixed rate.';

const machineOf = ({ machine }: Summary): string =>
  `${machine.cpu}, ${machine.cores} cores, ${machine.memoryGiB} GiB, ${machine.kernel}, Node ${machine.node}. Commit ${machine.commit}.`;

function markdownPage(summary: Summary): string {
  const list = (lines: readonly string[]): string => lines.map((line) => `- ${escapeMarkdown(line)}`).join('\n');
  const ratios = FIGURES.map(
    ({ title, of }) => `## ${title}, as multiples of Penstock's\n\n${markdownTable(ratioTable(summary, of))}`,
  );
  const scenarios = summary.scenarios.map((scenario) =>
    [
      `## ${scenario.name}`,
      `${escapeMarkdown(scenario.purpose)} ${paceOf(scenario)} [All of it](${scenario.name}/report.md).`,
      markdownTable(valueTable(scenario)),
      ...(scenario.notes.length === 0 ? [] : [list(scenario.notes)]),
    ].join('\n\n'),
  );
  const cannot = cannotLines(summary);
  return `${[
    `# ${TITLE}, ${summary.date.slice(0, 10)}`,
    'Generated by `npm run bench:peers` from `results.json`; not edited. The drawing is in `report.html`.',
    HOW,
    ...ratios,
    ...scenarios,
    ...(cannot.length === 0 ? [] : [`## Not compared\n\n${list(cannot)}`]),
    `Machine: ${machineOf(summary)}`,
  ].join('\n\n')}\n`;
}

function htmlPage(summary: Summary): string {
  const { scenarios } = summary;
  const names = gatewayNames(scenarios);
  const list = (lines: readonly string[]): Markup => markup`<ul>${lines.map((line) => markup`<li>${line}</li>`)}</ul>`;
  const ratios = FIGURES.map(({ title, of }) => {
    const name = `${title}, as multiples of Penstock's`;
    const table = tableMarkup(ratioTable(summary, of), name);
    return section(
      name,
      null,
      ratioChart(name, scenarios, names, of),
      markup`<details><summary>In figures</summary>${table}</details>`,
    );
  });
  const each = scenarios.map((scenario) =>
    section(
      scenario.name,
      `${scenario.purpose} ${paceOf(scenario)}`,
      tableMarkup(valueTable(scenario), scenario.name),
      markup`<p><a href="${scenario.name}/report.html">All of ${scenario.name}</a></p>`,
      scenario.notes.length === 0 ? null : list(scenario.notes),
    ),
  );
  const cannot = cannotLines(summary);
  return markup`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="color-scheme" content="light dark"><title>${TITLE}</title><style>${STYLE}</style></head>
<body><main><header><p class="date">${summary.date.slice(0, 10)}</p><h1>${TITLE}</h1><p class="purpose">${HOW}</p></header>
${ratios}${each}
${cannot.length === 0 ? null : section('Not compared', null, list(cannot))}
${section('Made with', null, markup`<p>${machineOf(summary)}</p>`)}
</main></body></html>
`.toString();
}
