/**
 * A log-linear histogram of durations in shared memory: which word counts which duration.
 *
 *   word 0      sum of all durations, in milliseconds
 *   word 1..    one count per bucket; a bucket holds whole microseconds [lower, upper)
 *
 *   microseconds   0 .. 15     16 buckets 1 us wide
 *                  16 .. 31    16 buckets 1 us wide
 *                  32 .. 63    16 buckets 2 us wide
 *                  64 .. 127   16 buckets 4 us wide
 *                  ...         each octave twice the width of the one before
 *                  2^25 .. 2^26 - 1 (67.1 s)
 *                  the last bucket takes everything longer
 *
 * A bucket is at most 1/16 as wide as its lower bound, so its middle is off by at most 1/32 (3.2 %) from whatever it
 * stands for (below 16 us by at most half a microsecond). The scheme is that of HDR histograms, reduced to integers: a
 * count of leading zeros, one shift, one addition.
 *
 * Counts are 64-bit floats because they must never wrap: 32 bits are used up by a day of 50,000 requests a second.
 */

const SUB_BUCKET_BITS = 4;
const SUB_BUCKETS = 1 << SUB_BUCKET_BITS;
const FIRST_OVERFLOW_US = 2 ** 26;

/** Number of buckets, the one for overflow included. */
export const HISTOGRAM_BUCKETS = bucketOf(FIRST_OVERFLOW_US - 1) + 2;

/** 64-bit words of one histogram: the sum and the buckets. */
export const HISTOGRAM_WORDS = 1 + HISTOGRAM_BUCKETS;

/** Longest relative distance between a quantile reported and the exact one, from 16 us up to 67 s. */
export const HISTOGRAM_RELATIVE_ERROR = 1 / (2 * SUB_BUCKETS);

/** Bucket of a duration of `us` whole microseconds, 0 <= us < 2^26. */
function bucketOf(us: number): number {
  if (us < SUB_BUCKETS) return us;
  const shift = 31 - SUB_BUCKET_BITS - Math.clz32(us);
  return (shift << SUB_BUCKET_BITS) + (us >>> shift);
}

/**
 * Counts one duration: plain stores, for the one process that writes this memory.
 *
 * @param words the view that holds the histogram
 * @param at index of the histogram's first word in it
 * @param ms the duration; what is negative or no number counts as 0
 */
export function addDuration(words: Float64Array, at: number, ms: number): void {
  const duration = Number.isNaN(ms) ? 0 : Math.max(ms, 0);
  const us = duration * 1000;
  const bucket = us < FIRST_OVERFLOW_US ? bucketOf(us | 0) : HISTOGRAM_BUCKETS - 1;
  words[at] += duration;
  words[at + 1 + bucket] += 1;
}

/** Smallest duration of a bucket, in microseconds. */
export function bucketLowerUs(bucket: number): number {
  if (bucket < 2 * SUB_BUCKETS) return bucket;
  const shift = (bucket >>> SUB_BUCKET_BITS) - 1;
  return (SUB_BUCKETS + (bucket & (SUB_BUCKETS - 1))) * 2 ** shift;
}

/** The duration, in microseconds, that a bucket's content stays below; infinite for the last one. */
export function bucketUpperUs(bucket: number): number {
  return bucket < HISTOGRAM_BUCKETS - 1 ? bucketLowerUs(bucket + 1) : Number.POSITIVE_INFINITY;
}

/**
 * The bucket whose lower bound is exactly `us`, so that the buckets before it hold what is shorter.
 *
 * @throws RangeError when no bucket begins there
 */
export function bucketStartingAt(us: number): number {
  const bucket = us < FIRST_OVERFLOW_US ? bucketOf(us) : HISTOGRAM_BUCKETS - 1;
  if (bucketLowerUs(bucket) !== us) throw new RangeError(`No histogram bucket begins at ${us} us`);
  return bucket;
}

/** A read-only look at one histogram in a view that nobody else changes. */
export class HistogramView {
  readonly #words: Float64Array;
  readonly #at: number;

  constructor(words: Float64Array, at: number) {
    this.#words = words;
    this.#at = at;
  }

  /** Sum of all durations in milliseconds. */
  get sumMs(): number {
    return this.#words[this.#at];
  }

  /** Number of durations counted. */
  get count(): number {
    return this.countBelow(HISTOGRAM_BUCKETS);
  }

  /** Number of durations in the buckets before `bucket`. */
  countBelow(bucket: number): number {
    let total = 0;
    for (let i = 0; i < bucket; i++) total += this.#words[this.#at + 1 + i];
    return total;
  }

  /** Every bucket that is not empty: its smallest duration in whole microseconds, and how many it holds. In ascending order. */
  *filledBuckets(): Generator<readonly [lowerUs: number, count: number]> {
    for (let bucket = 0; bucket < HISTOGRAM_BUCKETS; bucket++) {
      const count = this.#words[this.#at + 1 + bucket];
      if (count !== 0) yield [bucketLowerUs(bucket), count];
    }
  }

  /**
   * The duration in milliseconds that the share `q` (0 to 1) of the durations does not exceed: the middle of the bucket
   * with the nearest rank, see HISTOGRAM_RELATIVE_ERROR. Null when nothing was counted. Durations in the overflow
   * bucket are reported as its lower bound.
   */
  quantileMs(q: number): number | null {
    const count = this.count;
    if (count === 0) return null;
    const rank = Math.max(1, Math.ceil(q * count));
    let seen = 0;
    let bucket = 0;
    while (bucket < HISTOGRAM_BUCKETS - 1 && (seen += this.#words[this.#at + 1 + bucket]) < rank) bucket++;
    const lower = bucketLowerUs(bucket);
    const upper = bucketUpperUs(bucket);
    return (upper === Number.POSITIVE_INFINITY ? lower : (lower + upper) / 2) / 1000;
  }
}
