import type { SeriesId } from '../brand.ts';
import { HISTOGRAM_WORDS } from './histogram.ts';

/**
 * Where things stand in a metrics slab: what one acceptor counts, written by it alone with plain stores.
 *
 *   byte 0
 *   +------------------+------------------+------------------+-- - - --+------------------+
 *   | used: 1 bit per  | block 0:         | block 1:         |         | block n:         |
 *   | block            | without a route  | series 0         |         | series n - 1     |
 *   +------------------+------------------+------------------+-- - - --+------------------+
 *
 *   a block, in 64-bit floats (BLOCK_WORDS of them, 6.4 KiB)
 *   +-------------------+------------+-----------------------+------------------------+-----+
 *   | counters, gauges  | errors, by | gateway time          | upstream time          | pad |
 *   | 0..15             | code 16..79| histogram             | histogram              |     |
 *   +-------------------+------------+-----------------------+------------------------+-----+
 *
 * The memory is sparse: a page nobody touched costs nothing. A block's bit is set with the first thing counted in it, and
 * readers look at the bits first, so 100,000 configured routes of which ten are used cost ten blocks.
 *
 * The reader takes no lock and the writer gives none. A bit set twice is the same bit, a counter is one aligned 64-bit
 * store, and counters are never reset, so a writer killed at any instruction leaves a slab that its successor in the
 * slot goes on counting in. What a killed writer can leave behind is one exchange counted in some words and not in
 * others. (ECMAScript lets a store to a Float64Array tear; on the 64-bit Linux machines this runs on an aligned one is
 * a single instruction.)
 */

/** Words of a block that are not in a table of their own. */
export const WORD = {
  /** Six words: no status sent, then 1xx to 5xx. */
  REQUESTS: 0,
  BYTES_IN: 6,
  BYTES_OUT: 7,
  ATTEMPTS: 8,
  /** Attempts after the first. */
  RETRIES: 9,
  /** Gauges of an upstream; zeroed by the supervisor when it reaps the slot. */
  OPEN_CONNECTIONS: 10,
  WAITING_EXCHANGES: 11,
  /** Requests that limits on trial would have refused. */
  DRY_RUN_REFUSALS: 12,
  /** Exchanges for which a cache was asked. 15 is free. */
  CACHE_HITS: 13,
  CACHE_MISSES: 14,
  ERRORS: 16,
  GATEWAY_TIME: 80,
  UPSTREAM_TIME: 80 + HISTOGRAM_WORDS,
} as const;

/** Room for error codes: the table in `src/errors` may grow to this without a new layout. */
export const ERROR_WORDS = WORD.GATEWAY_TIME - WORD.ERRORS;

/** `none` stands for an exchange that ended before a status was sent. In the order of the words. */
export const STATUS_CLASSES = ['none', '1xx', '2xx', '3xx', '4xx', '5xx'] as const;

export type StatusClass = (typeof STATUS_CLASSES)[number];

const WORD_BYTES = Float64Array.BYTES_PER_ELEMENT;
const CACHE_LINE_BYTES = 64;

/** Rounded to cache lines, so that two blocks never share one. */
export const BLOCK_WORDS = roundUp(WORD.UPSTREAM_TIME + HISTOGRAM_WORDS, CACHE_LINE_BYTES / WORD_BYTES);

/** A block's place in a slab: 0 for exchanges without a route, then one per series. */
export type Block = number;

export const UNROUTED_BLOCK: Block = 0;

export function blockOf(series: SeriesId): Block {
  return series + 1;
}

/** Bytes a slab for `seriesCount` series needs, before rounding to pages. */
export function slabBytes(seriesCount: number): number {
  return usedBytes(seriesCount) + (seriesCount + 1) * BLOCK_WORDS * WORD_BYTES;
}

/** The two views of a slab that its writer and its readers work on. */
export interface SlabViews {
  /** One bit per block, lowest bit first. */
  readonly used: Int32Array;
  /** All blocks; block b begins at `b * BLOCK_WORDS`. */
  readonly words: Float64Array;
}

/**
 * @throws RangeError when the memory is too small for that many series
 */
export function viewSlab(memory: SharedArrayBuffer, seriesCount: number): SlabViews {
  return {
    used: new Int32Array(memory, 0, usedBytes(seriesCount) / Int32Array.BYTES_PER_ELEMENT),
    words: new Float64Array(memory, usedBytes(seriesCount), (seriesCount + 1) * BLOCK_WORDS),
  };
}

/** The blocks in which something was ever counted, in ascending order. Touches no block. */
export function* usedBlocks(used: Int32Array): Generator<Block> {
  for (let i = 0; i < used.length; i++) {
    let bits = used[i];
    while (bits !== 0) {
      const lowest = 31 - Math.clz32(bits & -bits);
      yield i * 32 + lowest;
      bits &= bits - 1;
    }
  }
}

export function isUsed(used: Int32Array, block: Block): boolean {
  return (used[block >>> 5] & (1 << (block & 31))) !== 0;
}

/**
 * Zeroes the gauges of a slab whose acceptor is gone: its connections are, too. Counters stay. For the supervisor,
 * after it has reaped the acceptor and before the slot is given to another.
 */
export function clearGauges(memory: SharedArrayBuffer, seriesCount: number): void {
  const { used, words } = viewSlab(memory, seriesCount);
  for (const block of usedBlocks(used)) {
    words[block * BLOCK_WORDS + WORD.OPEN_CONNECTIONS] = 0;
    words[block * BLOCK_WORDS + WORD.WAITING_EXCHANGES] = 0;
  }
}

function usedBytes(seriesCount: number): number {
  return roundUp(Math.ceil((seriesCount + 1) / 8), CACHE_LINE_BYTES);
}

function roundUp(value: number, step: number): number {
  return Math.ceil(value / step) * step;
}
