/** A contender against its baseline, round by round. Pure. */
import { decodeFromCompressedBase64 } from 'hdr-histogram-js';
import type { ContenderResult, Judgement, RunResult, Verdict } from '../run/run-result.ts';
import { spread } from '../statistics.ts';
import { counts } from './judge.ts';

/** What each figure may be of the baseline's. */
export interface RatioLimits {
  readonly cpu: number;
  readonly p50: number;
  readonly p99: number;
}

/**
 * CPU time is the steadiest figure; percentiles of short rounds are not. A change that costs less than this goes unseen here, and
 * one that is reported is one.
 */
export const RATIO_LIMITS: RatioLimits = { cpu: 1.1, p50: 1.25, p99: 1.25 };

/** Fewer rounds give no lower end: see lowerEnd. */
export const LEAST_ROUNDS = 4;

/** How likely a lower end lies above the true median by chance alone, at most. */
const CHANCE = 0.07;

const FIGURES: readonly { readonly key: keyof RatioLimits; readonly figure: string; of(run: RunResult): number }[] = [
  { key: 'cpu', figure: 'cpu per request', of: ({ gateway }) => gateway.cpuMicrosPerRequest },
  { key: 'p50', figure: 'p50', of: (run) => percentile(run, 50) },
  { key: 'p99', figure: 'p99', of: (run) => percentile(run, 99) },
];

/**
 * Broken where the lower end of the rounds' ratios is above the limit. Rounds in which either was starved do not count.
 *
 * `measured` of a verdict: contender over baseline, one a round.
 */
export function judgeRatios(
  baseline: ContenderResult,
  contender: ContenderResult,
  limits: RatioLimits = RATIO_LIMITS,
): Judgement {
  const pairs = pairsOf(baseline, contender);
  const verdicts = FIGURES.map(({ key, figure, of }): Verdict => {
    const measured = pairs.map(([before, after]) => of(after) / of(before)).filter(Number.isFinite);
    const samples = pairs.reduce((sum, [before, after]) => sum + before.load.total.sent + after.load.total.sent, 0);
    const about = { route: '-', of: 'ratio', figure, budget: limits[key], measured, samples, place: null } as const;
    if (measured.length < LEAST_ROUNDS) {
      const reason = `${measured.length} of the ${LEAST_ROUNDS} rounds that are wanted count`;
      return { ...about, outcome: 'not-judged', reason };
    }
    return { ...about, outcome: lowerEnd(measured) > limits[key] ? 'broken' : 'kept' };
  });
  const outcomes = verdicts.map(({ outcome }) => outcome);
  const outcome = outcomes.includes('broken') ? 'broken' : outcomes.includes('kept') ? 'kept' : 'not-judged';
  return { outcome, verdicts };
}

/**
 * A value that the true median lies below with a chance of at most CHANCE: the order statistic of the sign test, which assumes
 * nothing about how ratios are spread. Of 4 values the smallest, of 8 the second.
 */
export function lowerEnd(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  let rank = 0;
  let term = 0.5 ** values.length;
  let tail = term;
  while (tail <= CHANCE && rank < values.length) {
    rank++;
    term = (term * (values.length - rank + 1)) / rank;
    tail += term;
  }
  return sorted[Math.max(0, rank - 1)]!;
}

/** For a line of text: the median of the rounds, and what they ranged over. */
export function describeRatios(values: readonly number[]): string {
  if (values.length === 0) return 'no ratio';
  const { median, min, max } = spread(values);
  return `${median.toFixed(3)} (${min.toFixed(3)} to ${max.toFixed(3)})`;
}

function pairsOf(baseline: ContenderResult, contender: ContenderResult): [RunResult, RunResult][] {
  return baseline.runs.flatMap((before): [RunResult, RunResult][] => {
    const after = contender.runs.find(({ round }) => round === before.round);
    return after !== undefined && counts(before) && counts(after) ? [[before, after]] : [];
  });
}

function percentile({ load }: RunResult, of: number): number {
  return decodeFromCompressedBase64(load.total.latency).getValueAtPercentile(of);
}
