import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  addDuration,
  bucketLowerUs,
  bucketStartingAt,
  bucketUpperUs,
  HISTOGRAM_BUCKETS,
  HISTOGRAM_RELATIVE_ERROR,
  HISTOGRAM_WORDS,
  HistogramView,
} from '../../../src/shared-memory/histogram.ts';

const OVERFLOW_MS = 2 ** 26 / 1000;

function histogramOf(durations: readonly number[]): HistogramView {
  const words = new Float64Array(HISTOGRAM_WORDS);
  for (const ms of durations) addDuration(words, 0, ms);
  return new HistogramView(words, 0);
}

/** Quantile by nearest rank over the values themselves. */
function exactQuantile(durations: readonly number[], q: number): number {
  const sorted = [...durations].sort((a, b) => a - b);
  return sorted[Math.max(1, Math.ceil(q * sorted.length)) - 1];
}

/** Spread over the octaves as latencies are, rather than crowded at the long end. */
const duration = fc.double({ min: -6, max: 16, noNaN: true }).map((exponent) => 2 ** exponent);

describe('the buckets of a histogram', () => {
  it('cover all durations from 0 on without gap or overlap', () => {
    assert.equal(bucketLowerUs(0), 0);
    for (let bucket = 0; bucket < HISTOGRAM_BUCKETS - 1; bucket++) {
      assert.ok(bucketUpperUs(bucket) > bucketLowerUs(bucket));
      assert.equal(bucketUpperUs(bucket), bucketLowerUs(bucket + 1));
    }
    assert.equal(bucketUpperUs(HISTOGRAM_BUCKETS - 1), Number.POSITIVE_INFINITY);
    assert.equal(bucketLowerUs(HISTOGRAM_BUCKETS - 1), 2 ** 26);
  });

  it('hold exactly what lies between their bounds', () => {
    fc.assert(
      fc.property(duration, (ms) => {
        const histogram = histogramOf([ms]);
        let bucket = 0;
        while (histogram.countBelow(bucket + 1) === 0) bucket++;
        assert.ok(bucketLowerUs(bucket) <= ms * 1000 && ms * 1000 < bucketUpperUs(bucket));
      }),
      { numRuns: 2000 },
    );
  });

  it('are found by their lower bound, and only by it', () => {
    for (let bucket = 0; bucket < HISTOGRAM_BUCKETS; bucket++) {
      assert.equal(bucketStartingAt(bucketLowerUs(bucket)), bucket);
    }
    assert.throws(() => bucketStartingAt(1000), RangeError);
  });
});

describe('a quantile of a histogram', () => {
  it('is within the documented error of the exact one', () => {
    const someDurations = fc.array(duration, { minLength: 1, maxLength: 300 });
    fc.assert(
      fc.property(someDurations, fc.double({ min: 0, max: 1, noNaN: true }), (durations, q) => {
        const exact = exactQuantile(durations, q);
        const found = histogramOf(durations).quantileMs(q)!;
        const allowed = Math.max(exact * HISTOGRAM_RELATIVE_ERROR, 0.0005) + 1e-9;
        assert.ok(Math.abs(found - exact) <= allowed, `${found} for ${exact}`);
      }),
      { numRuns: 500 },
    );
  });

  it('is null when nothing was counted', () => {
    assert.equal(histogramOf([]).quantileMs(0.99), null);
  });

  it('is the longest measurable duration when the exact one is longer still', () => {
    assert.equal(histogramOf([1e6]).quantileMs(1), OVERFLOW_MS);
    assert.equal(histogramOf([Number.POSITIVE_INFINITY]).quantileMs(1), OVERFLOW_MS);
  });
});

describe('sum and count', () => {
  it('add up', () => {
    const histogram = histogramOf([1, 2, 70_000]);
    assert.equal(histogram.count, 3);
    assert.equal(histogram.sumMs, 70_003);
  });

  it('take what is no duration for 0, so that one bad clock reading does not spoil the sum', () => {
    const histogram = histogramOf([Number.NaN, -1, 5]);
    assert.equal(histogram.count, 3);
    assert.equal(histogram.sumMs, 5);
    assert.equal(histogram.countBelow(1), 2);
  });
});
