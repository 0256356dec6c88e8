/** The parts of `report.html` that are drawn or laid out. */
import type { RunResult } from '../run/run-result.ts';
import { lookOf } from './charts/frame.ts';
import { type Curve, percentileChart } from './charts/percentile-chart.ts';
import { runBars } from './charts/run-bars.ts';
import { latencyOverTime, throughputOverTime } from './charts/time-charts.ts';
import { count, duration, percent, ranged } from './format.ts';
import { type Markup, markup, type Part } from './markup.ts';
import {
  answeredPerSecond,
  cpuPerRequest,
  errorShare,
  isOpenLoop,
  overheadOf,
  overRuns,
  percentileOfRun,
  routeCount,
  routesOf,
  type Series,
} from './series.ts';
import type { Table } from './tables.ts';

/** Curves of routes in one chart; more cannot be told apart. */
const MOST_ROUTES = 5;
const MOST_UNFOLDED = 2;
/** Longer words and sentences break. */
const MOST_CHARACTERS = 30;

export function section(title: string, lead: string | null, ...parts: readonly Part[]): Markup {
  return markup`<section><h2>${title}</h2>${lead === null ? null : markup`<p class="lead">${lead}</p>`}${parts}</section>\n`;
}

/** A row has the tone of its first cell; columns that say something else keep their own. */
export function tableMarkup({ columns, rows, hasTotal }: Table, caption: string): Markup {
  const kind = (index: number): string => (columns[index].isNumber ? 'number' : 'word');
  const body = rows.map(
    (cells) =>
      markup`<tr class="${cells[0].tone ?? 'plain'}">${cells.map(
        ({ text, tone }, index) =>
          markup`<td class="${kind(index)}${text.length > MOST_CHARACTERS ? ' long' : ''} ${tone ?? 'plain'}">${text}</td>`,
      )}</tr>\n`,
  );
  return markup`<div class="scroll" tabindex="0" role="region" aria-label="${caption}"><table${hasTotal ? markup` class="total"` : null}>
<thead><tr>${columns.map(({ title }, index) => markup`<th scope="col" class="${kind(index)}">${title}</th>`)}</tr></thead>
<tbody>${body}</tbody></table></div>\n`;
}

/** The figures to take home from a run of one contender. */
export function tiles(series: Series): Markup {
  const tile = (name: string, value: (run: RunResult) => number, format: (value: number) => string): Markup => {
    const { median, min, max } = overRuns(series, value);
    const range = min === max ? null : markup`<small>${format(min)} – ${format(max)}</small>`;
    return markup`<div><dt>${name}</dt><dd>${format(median)}${range}</dd></div>`;
  };
  const latency = (percentile: number): Markup | null =>
    isOpenLoop(series) ? tile(`p${percentile}`, percentileOfRun(percentile), duration) : null;
  return markup`<dl class="tiles">${[50, 99, 99.9].map(latency)}
${tile('CPU a request', cpuPerRequest, (value) => `${value.toFixed(1)} µs`)}${tile('answers/s', answeredPerSecond, count)}${tile('errors', errorShare, percent)}</dl>\n`;
}

/** Curves by route when one contender ran, by contender when several did. */
export function latencySection(series: readonly Series[]): Markup | null {
  const open = series.filter(isOpenLoop);
  if (open.length === 0) return null;
  const curves =
    open.length > 1 ? open.map(({ label, latency }) => ({ label, histogram: latency })) : curvesOf(open[0]);
  const left = open.length > 1 ? 0 : routeCount(open[0]) - MOST_ROUTES;
  const others = left > 0 ? ` There are ${count(left)} more routes.` : '';
  const caption = `From when a request was due to the last byte of its answer. Each further nine takes as much room as the one before.${others}`;
  return section('Latency by percentile', null, percentileChart('Latency by percentile', curves, caption));
}

function curvesOf(series: Series): Curve[] {
  const shown = routeCount(series) === 1 ? [] : routesOf(series, MOST_ROUTES);
  const overhead = overheadOf(series);
  return [
    { label: 'all routes', histogram: series.latency },
    ...shown.map(({ route, latency }) => ({ label: route, histogram: latency })),
    ...(overhead === null ? [] : [{ label: 'the gateway’s own time', histogram: overhead, look: 'look-own' }]),
  ];
}

/** The run with the highest p99 of each series; the others fold out. Of more than two series each folds out, with that run alone. */
export function timeSection(series: readonly Series[]): Markup {
  const shown = series.some(isOpenLoop) ? series.filter(isOpenLoop) : series;
  const parts = shown.map((each) => {
    const p99 = percentileOfRun(99);
    const worstFirst = each.counted.toSorted((a, b) => p99(b) - p99(a));
    if (shown.length > MOST_UNFOLDED) {
      return markup`<details><summary>${each.label}</summary>${runOverTime(each, worstFirst[0], true)}</details>\n`;
    }
    const [worst, ...others] = worstFirst.map((run) => runOverTime(each, run, shown.length > 1));
    if (others.length === 0) return worst;
    const title = others.length === 1 ? 'The other run' : `The other ${others.length} runs`;
    return [
      worst,
      markup`<details><summary>${title}${shown.length > 1 ? ` of ${each.label}` : ''}</summary>${others}</details>\n`,
    ];
  });
  const lead = 'The measured window, second by second; of several runs the one with the highest p99.';
  return section('Over time', lead, parts);
}

function runOverTime({ label }: Series, run: RunResult, isNamed: boolean): Markup {
  const name = `${label}, round ${run.round}`;
  const title = isNamed ? name : `Round ${run.round}`;
  const { timeline } = run.load;
  return markup`<h3>${title}</h3>${latencyOverTime(name, timeline)}${throughputOverTime(name, timeline)}`;
}

export function cpuSection(series: readonly Series[]): Markup {
  const contenders = [...new Set(series.map(({ contender }) => contender))];
  const bars = series.map((each) => ({
    label: each.label,
    look: lookOf(contenders.indexOf(each.contender)),
    values: each.counted.map(cpuPerRequest),
  }));
  const spreads = series.map(
    (each) => `${each.label} ${ranged(overRuns(each, cpuPerRequest), (value) => `${value.toFixed(1)} µs`)}`,
  );
  return section(
    'CPU a request',
    'User and system time of all processes of the gateway, divided by the requests: the steadiest figure there is. The bar is the median, each dot a run.',
    runBars(`CPU a request: ${spreads.join('; ')}`, bars, ' µs'),
  );
}
