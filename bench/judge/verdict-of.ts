/** One budget against the runs that count. Pure. */
import { decodeFromCompressedBase64 } from 'hdr-histogram-js';
import { type EncodedHistogram, OTHERS } from '../load/workload.ts';
import type { RunResult, Verdict } from '../run/run-result.ts';
import { type BudgetLine, QUANTILES } from './budget-line.ts';

/**
 * Samples that must lie beyond a percentile before it says anything: with fewer, one slow request alone decides. p99 so wants
 * 300 samples, p999 3,000, p50 6.
 */
const SAMPLES_BEYOND = 3;

/** What one run says of a budget: a figure, or why it says nothing. */
type Reading =
  | { readonly value: number; readonly samples: number }
  | { readonly why: string; readonly samples: number };

/**
 * Broken when broken in most of the runs; not judged when too many of them say too little for either.
 *
 * @param runs at least one, all of the same load
 */
export function verdictOf(budget: BudgetLine, runs: readonly RunResult[]): Verdict {
  const { route, of, figure, limit, place } = budget;
  const readings = runs.map((run) => readingOf(budget, run));
  const samples = readings.reduce((sum, reading) => sum + reading.samples, 0);
  const measured = readings.flatMap((reading) => ('value' in reading ? [reading.value] : []));
  const about = { route, of, figure, budget: limit, measured, samples, place };
  const broken = measured.filter((value) => value > limit).length;
  if (broken * 2 > runs.length) return { ...about, outcome: 'broken' };
  const unknown = readings.find((reading) => 'why' in reading);
  if (unknown === undefined || (measured.length - broken) * 2 > runs.length) return { ...about, outcome: 'kept' };
  return { ...about, outcome: 'not-judged', reason: unknown.why };
}

/** Samples that a percentile wants in each run. */
export function samplesWanted(figure: keyof typeof QUANTILES): number {
  return Math.ceil(SAMPLES_BEYOND / (1 - QUANTILES[figure]) - 1e-6);
}

function readingOf(budget: BudgetLine, run: RunResult): Reading {
  const { route, of, figure } = budget;
  const counts = ofRoute(run.load.byLabel, route);
  if (counts === null && ofRoute(run.load.byLabel, OTHERS) !== null)
    return { why: 'so many routes were asked that this one was not counted by itself, if it was', samples: 0 };
  if (counts === null || counts.sent === 0) return { why: 'no request took this route', samples: 0 };
  if (figure === 'share') return shareOf(counts.errors, counts.sent, budget.limit);
  if (of === 'latency') return percentileOf(counts.latency, figure);
  const overhead = run.gateway.overhead;
  if (overhead === null) return { why: 'the gateway does not tell its own time', samples: 0 };
  const own = ofRoute(overhead, route);
  return own === null ? { why: 'the gateway counted no request of this route', samples: 0 } : percentileOf(own, figure);
}

/** Routes may be named like what every object has: `constructor`. */
function ofRoute<Value>(all: Readonly<Record<string, Value>>, route: string): Value | null {
  return Object.hasOwn(all, route) ? all[route] : null;
}

function percentileOf(encoded: EncodedHistogram, figure: keyof typeof QUANTILES): Reading {
  const histogram = decodeFromCompressedBase64(encoded);
  const samples = histogram.totalCount;
  const wanted = samplesWanted(figure);
  if (samples < wanted) return { why: `${figure} wants ${wanted} samples in a run`, samples };
  return { value: histogram.getValueAtPercentile(QUANTILES[figure] * 100), samples };
}

/** One error alone breaks nothing where it is more than the budget only because the requests are few. */
function shareOf(errors: number, sent: number, limit: number): Reading {
  const isChance = limit > 0 && errors === 1 && sent * limit < 1;
  if (isChance) return { why: `one error, and ${Math.ceil(1 / limit)} requests are wanted to judge it`, samples: sent };
  return { value: errors / sent, samples: sent };
}
