/** Figures as people read them. */
import type { Pace } from '../load/workload.ts';
import type { Verdict } from '../run/run-result.ts';
import type { Spread } from '../statistics.ts';

const THOUSANDS = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });

export const count = (value: number): string => THOUSANDS.format(value);

/** Microseconds as milliseconds with two digits: what stands below one another in a column. */
export const millis = (micros: number): string => (micros / 1_000).toFixed(2);

/** 3.31, 31.2, 312; a whole number stands as it is. */
function threeDigits(value: number): string {
  return Number.isInteger(value) || value >= 100 ? value.toFixed(0) : value.toFixed(value >= 10 ? 1 : 2);
}

/** Microseconds with three digits and the unit that suits them: for prose and axes. */
export function duration(micros: number): string {
  if (micros < 1_000) return `${threeDigits(micros)} µs`;
  return micros < 1_000_000 ? `${threeDigits(micros / 1_000)} ms` : `${threeDigits(micros / 1_000_000)} s`;
}

/** A share of 1. Small shares keep a digit that is not 0, so that one failure in a million is not "none". */
export function percent(share: number): string {
  if (share === 0) return '0%';
  const digits = share >= 0.1 ? 1 : Math.min(6, Math.max(2, 1 - Math.floor(Math.log10(share * 100))));
  return `${(share * 100).toFixed(digits)}%`;
}

/** Median, and what the runs ranged over where there were several. */
export function ranged({ median, min, max }: Spread, format: (value: number) => string): string {
  return min === max ? format(median) : `${format(median)} (${format(min)}–${format(max)})`;
}

export function bytes(octets: number): string {
  const mebibytes = octets / 1024 ** 2;
  return mebibytes < 1024 ? `${threeDigits(mebibytes)} MiB` : `${threeDigits(mebibytes / 1024)} GiB`;
}

export function paceText(pace: Pace): string {
  if (pace.kind === 'rate') return `${count(pace.perSecond)} requests a second`;
  if (pace.kind === 'closed') return 'closed loop';
  return pace.speed === 1 ? 'as recorded' : `as recorded, ${pace.speed} times as fast`;
}

/** A budget or what was measured against it, in the unit of what it is of. */
export function verdictFigure(of: Verdict['of'], value: number): string {
  if (of === 'errors') return percent(value);
  return of === 'ratio' ? `${value.toFixed(2)}×` : duration(value);
}
