/** Durations and sizes as people write them in a config, and back again for messages. */
import type { Bytes, Millis } from '../brand.ts';

const DURATION = /^(\d{1,15}(?:\.\d{1,3})?)(ms|s|m|h)$/;
const SIZE = /^(\d{1,15}(?:\.\d{1,3})?)(B|KiB|MiB|GiB)$/;

const MS_PER_UNIT: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
const BYTES_PER_UNIT: Readonly<Record<string, number>> = { B: 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 };

/** So many in that time. */
export interface Rate {
  readonly requests: number;
  readonly per: Millis;
}

const RATE = /^(\d{1,10})\/(s|min|h|d)$/;
const MS_PER_RATE_UNIT: Readonly<Record<string, number>> = { s: 1000, min: 60_000, h: 3_600_000, d: 86_400_000 };

/** Node's timers hold a signed 32-bit number of milliseconds; a longer one would fire at once. About 24.8 days. */
export const LONGEST_DURATION = 2 ** 31 - 1;

/** `250ms`, `5s`, `1.5m`, `1h` in milliseconds; null when the text is none of these, or not a whole number of them. */
export function parseDuration(text: string): Millis | null {
  return parseQuantity(text, DURATION, MS_PER_UNIT) as Millis | null;
}

/** `512B`, `16KiB`, `1.5MiB`, `1GiB` in bytes; null when the text is none of these, or not a whole number of them. */
export function parseSize(text: string): Bytes | null {
  return parseQuantity(text, SIZE, BYTES_PER_UNIT) as Bytes | null;
}

/** `100/s`, `5000/min`, `10/h`, `1000/d`; null when the text is none of these. */
export function parseRate(text: string): Rate | null {
  const parts = RATE.exec(text);
  return parts === null ? null : { requests: Number(parts[1]), per: MS_PER_RATE_UNIT[parts[2]!]! as Millis };
}

/** The shortest exact spelling of a duration: `90s`, not `1.5m`. */
export function formatDuration(ms: number): string {
  return formatQuantity(ms, MS_PER_UNIT);
}

/** The shortest exact spelling of a size: `16KiB`, not `16384B`. */
export function formatSize(bytes: number): string {
  return formatQuantity(bytes, BYTES_PER_UNIT);
}

function parseQuantity(text: string, pattern: RegExp, units: Readonly<Record<string, number>>): number | null {
  const parts = pattern.exec(text);
  if (parts === null) return null;
  // Three decimals at most: multiplied before the division, the product is exact below 2^53.
  const quantity = (Math.round(Number(parts[1]) * 1000) * units[parts[2]!]!) / 1000;
  return Number.isSafeInteger(quantity) ? quantity : null;
}

function formatQuantity(quantity: number, units: Readonly<Record<string, number>>): string {
  let best = '';
  for (const [unit, factor] of Object.entries(units)) {
    if (best === '' || (quantity !== 0 && quantity % factor === 0)) best = `${quantity / factor}${unit}`;
  }
  return best;
}
