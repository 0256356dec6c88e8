/**
 * What a report shows of the runs, computed from the raw histograms: runs of one contender at one pace are one series. Runs in
 * which the generator was starved are shown and not counted, unless there is no other.
 */
import type { Histogram } from 'hdr-histogram-js';
import type { LoadCounts, Pace } from '../load/workload.ts';
import type { BenchResult, RunResult } from '../run/run-result.ts';
import { type Spread, spread } from '../statistics.ts';
import { paceText } from './format.ts';
import { merged, valueAt } from './histograms.ts';

export interface Series {
  /** Of the contender, with the pace where it ran at several, save for the only one that is no closed loop. */
  readonly label: string;
  readonly contender: string;
  readonly version: string;
  readonly pace: Pace;
  /** All that ran, in their order. */
  readonly runs: readonly RunResult[];
  /** Those the figures rest on; never empty. */
  readonly counted: readonly RunResult[];
  /** Microseconds, of all counted runs. */
  readonly latency: Histogram;
}

export interface RouteFigures {
  readonly route: string;
  readonly sent: number;
  readonly errors: number;
  readonly latency: Histogram;
  /** The gateway's own time; null where it is not known. */
  readonly overhead: Histogram | null;
}

const isCounted = (run: RunResult): boolean => run.load.generator.starved === null;
/** None of its runs counts, and its figures rest on all of them. */
export const countsNothing = ({ counted }: Series): boolean => !counted.some(isCounted);
export const isOpenLoop = ({ pace }: Series): boolean => pace.kind !== 'closed';

export function seriesOf(result: BenchResult): Series[] {
  return result.contenders.flatMap(({ name, version, runs }) => {
    const paces = [...new Map(runs.map(({ pace }) => [paceText(pace), pace]))];
    const open = paces.filter(([, { kind }]) => kind !== 'closed');
    return paces.map(([text, pace]) => {
      const own = runs.filter((run) => paceText(run.pace) === text);
      const counted = own.some(isCounted) ? own.filter(isCounted) : own;
      const isPlain = paces.length === 1 || (open.length === 1 && pace.kind !== 'closed');
      const latency = merged(counted.map(({ load }) => load.total.latency));
      const label = isPlain ? name : `${name}, ${text}`;
      return { label, contender: name, version, pace, runs: own, counted, latency };
    });
  });
}

/** One value a counted run: the median, and what they range over. */
export function overRuns({ counted }: Series, value: (run: RunResult) => number): Spread {
  return spread(counted.map(value));
}

export const percentileOfRun =
  (percentile: number) =>
  ({ load }: RunResult): number =>
    valueAt(merged([load.total.latency]), percentile);

export const cpuPerRequest = ({ gateway }: RunResult): number => gateway.cpuMicrosPerRequest;

export const answeredPerSecond = ({ load }: RunResult): number =>
  load.measuredMs === 0 ? 0 : (load.total.answered * 1_000) / load.measuredMs;

export const errorShare = ({ load }: RunResult): number =>
  load.total.sent === 0 ? 0 : load.total.errors / load.total.sent;

export const routeCount = ({ counted }: Series): number => routeNames(counted).length;

const routeNames = (runs: readonly RunResult[]): string[] => [
  ...new Set(runs.flatMap(({ load }) => Object.keys(load.byLabel))),
];

/** The routes with the most requests, the first of them first; no more than `most`, since there may be a hundred thousand. */
export function routesOf({ counted }: Series, most: number): RouteFigures[] {
  const countsOf = (route: string): LoadCounts[] => counted.flatMap(({ load }) => load.byLabel[route] ?? []);
  return routeNames(counted)
    .map((route) => ({ route, sent: total(countsOf(route), 'sent') }))
    .sort((a, b) => b.sent - a.sent || (a.route < b.route ? -1 : 1))
    .slice(0, most)
    .map(({ route, sent }) => {
      const counts = countsOf(route);
      const overheads = counted.flatMap(({ gateway }) => gateway.overhead?.[route] ?? []);
      const overhead = overheads.length === 0 ? null : merged(overheads);
      const latency = merged(counts.map((each) => each.latency));
      return { route, sent, errors: total(counts, 'errors'), latency, overhead };
    });
}

/** The gateway's own time over all routes; null where it is not known. */
export function overheadOf({ counted }: Series): Histogram | null {
  const encoded = counted.flatMap(({ gateway }) => Object.values(gateway.overhead ?? {}));
  return encoded.length === 0 ? null : merged(encoded);
}

function total(counts: readonly LoadCounts[], field: 'sent' | 'errors'): number {
  return counts.reduce((sum, each) => sum + each[field], 0);
}

/** Adds up one of the tallies of the counted runs; the most frequent key first. */
export function tally(
  { counted }: Series,
  field: 'byStatus' | 'byFailure' | 'byErrorCode',
): readonly (readonly [string, number])[] {
  const sums = new Map<string, number>();
  for (const { load } of counted) {
    for (const [key, value] of Object.entries(load.total[field])) sums.set(key, (sums.get(key) ?? 0) + value);
  }
  return [...sums].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1));
}
