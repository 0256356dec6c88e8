/**
 * How fast a budget may be spent before somebody hears of it: the multi-window, multi-burn-rate method of Google's Site
 * Reliability Workbook, chapter 5. A burn of 1 spends the budget of 30 days in 30 days; the short window, a twelfth of the
 * long one, ends the alert soon after its cause.
 */
import { plain } from '../promql.ts';
import type { Severity } from './rule.ts';

export interface BurnRate {
  readonly burn: number;
  readonly long: string;
  readonly short: string;
  readonly severity: Severity;
  /** Of the long window. */
  readonly seconds: number;
}

export const BURN_RATES: readonly BurnRate[] = [
  { burn: 14.4, long: '1h', short: '5m', severity: 'page', seconds: 3600 },
  { burn: 6, long: '6h', short: '30m', severity: 'page', seconds: 21_600 },
  { burn: 3, long: '1d', short: '2h', severity: 'ticket', seconds: 86_400 },
  { burn: 1, long: '3d', short: '6h', severity: 'ticket', seconds: 259_200 },
];

/** Every window that a burn rate looks at, shortest first. */
export const WINDOWS = ['5m', '30m', '1h', '2h', '6h', '1d', '3d'] as const;

/** Nothing fails more than always: a threshold beyond this share would never be reached. */
const HIGHEST = 0.9;

export interface Threshold extends BurnRate {
  /** Share of requests above which it fires. */
  readonly share: number;
}

/** What a budget of this share comes to. Of several with the same threshold the quickest is left. */
export function thresholdsFor(share: number): Threshold[] {
  const found: Threshold[] = [];
  for (const rate of BURN_RATES) {
    const threshold = Number(plain(Math.min(rate.burn * share, HIGHEST)));
    if (found.every((earlier) => earlier.share !== threshold))
      found.push({ ...rate, burn: threshold / share || Number.POSITIVE_INFINITY, share: threshold });
  }
  return found;
}
