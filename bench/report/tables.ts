/** The tables of a report, made once and written twice: as Markdown and as HTML. */
import type { BenchResult, Verdict } from '../run/run-result.ts';
import { bytes, count, duration, millis, paceText, percent, ranged, verdictFigure } from './format.ts';
import { valueAt } from './histograms.ts';
import { measuredFigure, OUTCOMES, type Tone, verdictSubject } from './outcome.ts';
import {
  answeredPerSecond,
  cpuPerRequest,
  errorShare,
  isOpenLoop,
  overheadOf,
  overRuns,
  percentileOfRun,
  type RouteFigures,
  routeCount,
  routesOf,
  type Series,
  tally,
} from './series.ts';

export interface Cell {
  readonly text: string;
  readonly tone?: Tone;
}

export interface Table {
  readonly columns: readonly { readonly title: string; readonly isNumber: boolean }[];
  readonly rows: readonly (readonly Cell[])[];
  /** The last row is what the others come to. */
  readonly hasTotal?: true;
}

/** Lines of routes or of budgets in one table; what is left out is counted and stands in results.json. */
const MOST_ROUTES = 60;
const MOST_VERDICTS = 120;
const VERDICT_ORDER = ['broken', 'not-judged', 'kept'];

const NONE: Cell = { text: '–' };
const text = (value: string): Cell => ({ text: value });
const words = (...titles: string[]): Table['columns'] => titles.map((title) => ({ title, isNumber: false }));
const numbers = (...titles: string[]): Table['columns'] => titles.map((title) => ({ title, isNumber: true }));

/** One line a budget, the broken ones first. */
export function budgetTable({ judgement }: BenchResult): Table {
  const place = ({ outcome }: Verdict): number => VERDICT_ORDER.indexOf(outcome);
  const verdicts = judgement.verdicts.toSorted((a, b) => place(a) - place(b));
  return {
    columns: [
      ...words('', 'Route', 'What'),
      ...numbers('Budget', 'Measured', 'Samples'),
      ...words('Each run', 'Set in'),
    ],
    rows: verdicts.slice(0, MOST_VERDICTS).map((verdict) => {
      const { tone, sign, word } = OUTCOMES[verdict.outcome];
      return [
        { text: `${sign} ${word}`, tone },
        text(verdict.route === '-' ? 'all' : verdict.route),
        text(verdictSubject(verdict)),
        text(verdictFigure(verdict.of, verdict.budget)),
        { text: measuredFigure(verdict), tone },
        text(count(verdict.samples)),
        text(verdict.measured.map((value) => verdictFigure(verdict.of, value)).join(', ')),
        text(verdict.place ?? 'default'),
      ];
    }),
  };
}

/** One line a series; multiples are of the first contender at the same pace, the other figures are medians of the runs with what they range over. */
export function seriesTable(series: readonly Series[]): Table {
  const isCompared = new Set(series.map(({ contender }) => contender)).size > 1;
  const multiple = (cpu: number, { pace }: Series): Cell => {
    const base = series.find((other) => paceText(other.pace) === paceText(pace))!;
    const baseCpu = base.contender === series[0].contender ? overRuns(base, cpuPerRequest).median : 0;
    return baseCpu === 0 ? NONE : text((cpu / baseCpu).toFixed(2));
  };
  return {
    columns: [
      ...words('What', 'Version', 'Pace'),
      ...numbers('CPU µs a request'),
      ...(isCompared ? numbers(`multiple of ${series[0].contender}`) : []),
      ...numbers('p50, ms', 'p99, ms', 'answers/s', 'errors', 'memory'),
    ],
    rows: series.map((each) => {
      const cpu = overRuns(each, cpuPerRequest);
      const latency = (percentile: number): Cell =>
        isOpenLoop(each) ? text(ranged(overRuns(each, percentileOfRun(percentile)), millis)) : NONE;
      return [
        text(each.label),
        text(each.version),
        text(paceText(each.pace)),
        text(ranged(cpu, (value) => value.toFixed(1))),
        ...(isCompared ? [multiple(cpu.median, each)] : []),
        latency(50),
        latency(99),
        text(ranged(overRuns(each, answeredPerSecond), count)),
        text(ranged(overRuns(each, errorShare), percent)),
        text(bytes(overRuns(each, ({ gateway }) => gateway.residentBytes).median)),
      ];
    }),
  };
}

/** Likewise of the budgets. */
export function verdictsLeftOut({ judgement }: BenchResult): string {
  const left = judgement.verdicts.length - MOST_VERDICTS;
  return left > 0 ? ` ${count(left)} further budgets are in results.json.` : '';
}

/** What a table of this series leaves out, in a sentence; empty: nothing. */
export function routesLeftOut(series: Series): string {
  const left = routeCount(series) - MOST_ROUTES;
  return left > 0 ? ` ${count(left)} further routes, with fewer requests, are in results.json.` : '';
}

/** One line a route and one for all; the figures are of all counted runs together. */
export function routeTable(series: Series): Table {
  const row = ({ route, sent, errors, latency, overhead }: RouteFigures): Cell[] => [
    text(route),
    text(count(latency.totalCount)),
    ...[50, 90, 99, 99.9, 100].map((percentile) => text(millis(valueAt(latency, percentile)))),
    overhead === null ? NONE : text(millis(valueAt(overhead, 99))),
    { text: errors === 0 ? '0' : `${count(errors)} (${percent(errors / sent)})`, tone: errors === 0 ? 'plain' : 'bad' },
  ];
  const routes = routesOf(series, MOST_ROUTES);
  const sum = (field: 'sent' | 'errors'): number =>
    series.counted.reduce((total, { load }) => total + load.total[field], 0);
  const all: RouteFigures = {
    route: 'all',
    sent: sum('sent'),
    errors: sum('errors'),
    latency: series.latency,
    overhead: overheadOf(series),
  };
  return {
    columns: [
      ...words('Route'),
      ...numbers('samples', 'p50, ms', 'p90, ms', 'p99, ms', 'p99.9, ms', 'max, ms', 'overhead p99, ms', 'errors'),
    ],
    rows: [...routes, all].map(row),
    hasTotal: true,
  };
}

/** Answers by status, failures by kind, and errors of the gateway by code. */
export function answerTable(series: readonly Series[]): Table {
  const kinds = [
    ['status', 'byStatus'],
    ['failure', 'byFailure'],
    ['error code', 'byErrorCode'],
  ] as const;
  const rows = series.flatMap((each) => {
    const sent = each.counted.reduce((sum, { load }) => sum + load.total.sent, 0);
    const hasErrors = each.counted.some(({ load }) => load.total.errors > 0);
    // A status of the gateway or its origin may be what was expected: a recording holds them too.
    const toneOf = (field: string, key: string): Tone =>
      field === 'byFailure' || (hasErrors && (field === 'byErrorCode' || key.startsWith('5'))) ? 'bad' : 'plain';
    return kinds.flatMap(([title, field]) =>
      tally(each, field).map(([key, value]) => [
        text(each.label),
        text(title),
        { text: key, tone: toneOf(field, key) },
        text(count(value)),
        text(percent(value / sent)),
      ]),
    );
  });
  return { columns: [...words('What', 'Kind', 'Which'), ...numbers('requests', 'share')], rows };
}

/** One line a run: whether the generator did what it was to do, and what else went on. */
export function runTable(series: readonly Series[]): Table {
  return {
    columns: [
      ...words('What', 'Counts'),
      ...numbers('round', 'connections', 'due', 'sent', 'answered', 'failed', 'late p99', 'late max'),
      ...numbers('generator CPU, ms', 'gateway CPU, ms', 'others on its cores'),
    ],
    rows: series.flatMap(({ label, runs }) =>
      runs.map(({ round, connections, load: { total, generator }, gateway }) => [
        text(label),
        generator.starved === null ? text('yes') : { text: `no: ${generator.starved}`, tone: 'unsure' as const },
        text(String(round)),
        ...[connections, generator.due, total.sent, total.answered, total.failed].map((value) => text(count(value))),
        text(duration(generator.lateP99)),
        text(duration(generator.lateMax)),
        text(count(generator.cpuMs)),
        text(count(gateway.cpuMs)),
        text(percent(gateway.disturbance)),
      ]),
    ),
  };
}

/** Share of the time by stage; null without a profile. */
export function stageTable({ profile }: BenchResult): Table | null {
  if (profile === null) return null;
  return {
    columns: [...words('Stage'), ...numbers('share of the busy time')],
    rows: profile.stages.map(({ stage, share }) => [text(stage), text(percent(share))]),
  };
}

/** Where, when and with what it was measured. */
export function facts({ machine, config, recording, date }: BenchResult): readonly (readonly [string, string])[] {
  const digest = (value: string): string => `sha256 ${value.slice(0, 12)}…`;
  return [
    ['When', `${date.slice(0, 16).replace('T', ' ')} UTC`],
    ['Commit', machine.commit],
    ['Machine', `${machine.cpu}, ${machine.cores} cores, ${machine.memoryGiB} GiB`],
    ['System', `${machine.kernel}, Node ${machine.node}`],
    ['Config', `${config.file}, ${digest(config.digest)}`],
    ['Recording', recording === null ? 'none' : `${recording.file}, ${digest(recording.digest)}`],
  ];
}
