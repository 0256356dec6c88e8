/** The budgets of a config as objectives that metrics can be held to, grouped so that 100,000 routes with one budget are one rule. */
import type { Budget, Config } from '../../config/schema/schema.ts';
import { EXPOSED_BOUNDS, UNROUTED } from '../../telemetry/scrape.ts';
import { anyOf, formatMicros, percent } from './promql.ts';

/** Routes that share a budget. */
interface ObjectiveBase {
  /** Matcher of the label `route`. */
  readonly routes: string;
  /** Share of requests that may miss it, from 0 to 1. */
  readonly share: number;
  /** As in the config. */
  readonly budget: string;
}

export interface ErrorObjective extends ObjectiveBase {
  readonly of: 'errors';
}

export interface TimeObjective extends ObjectiveBase {
  readonly of: 'latency' | 'overhead';
  readonly figure: string;
  /** Upper bound of the histogram bucket that stands for the budget, in seconds: the nearest one that is not below it. */
  readonly bound: number;
}

const SHARES = { p50: 0.5, p90: 0.1, p95: 0.05, p99: 0.01, p999: 0.001 } as const;
const LATENCIES = ['p50', 'p90', 'p95', 'p99', 'p999'] as const;
const OVERHEADS = ['p50', 'p99', 'p999'] as const;

export function errorObjectives(config: Config): ErrorObjective[] {
  return grouped(config, ({ errors }) => errors).map(({ value, routes }) => ({
    ...{ of: 'errors', routes, share: value, budget: percent(value) },
  }));
}

export function timeObjectives(config: Config): TimeObjective[] {
  return [
    ...LATENCIES.flatMap((figure) => timesOf(config, 'latency', figure, (budget) => budget[figure])),
    ...OVERHEADS.flatMap((figure) => timesOf(config, 'overhead', figure, (budget) => budget.overhead?.[figure])),
  ];
}

function timesOf(
  config: Config,
  of: TimeObjective['of'],
  figure: keyof typeof SHARES,
  read: (budget: Budget) => number | undefined,
): TimeObjective[] {
  return grouped(config, read).map(({ value, routes }) => ({
    ...{ of, figure, routes, share: SHARES[figure], budget: formatMicros(value), bound: boundFor(value) },
  }));
}

/** Budgets are at most 60 s, and the last bound is 67 s. */
function boundFor(us: number): number {
  return EXPOSED_BOUNDS.find((seconds) => seconds * 1e6 >= us) ?? EXPOSED_BOUNDS.at(-1)!;
}

/** Who has which value: those with one of their own by name, all others by the default, if there is one. */
function grouped(
  { budget: common, routes }: Config,
  read: (budget: Budget) => number | undefined,
): { readonly value: number; readonly routes: string }[] {
  const own = new Map<number, string[]>();
  for (const { name, budget = {} } of routes) {
    const value = read(budget);
    if (value !== undefined) own.set(value, [...(own.get(value) ?? []), name]);
  }
  const groups = [...own].map(([value, names]) => ({ value, routes: `route=~${anyOf(names)}` }));
  const fallback = read(common);
  if (fallback === undefined) return groups;
  const others = `route!~${anyOf([UNROUTED, ...[...own.values()].flat()])}`;
  return [{ value: fallback, routes: others }, ...groups];
}
