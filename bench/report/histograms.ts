/** Reading the histograms of results.json. All values are microseconds. */
import { build, decodeFromCompressedBase64, type Histogram } from 'hdr-histogram-js';
import type { EncodedHistogram } from '../load/workload.ts';

const BUCKET_BITS = 32;

/** All of them together; an empty one when there are none. Throws on text that no histogram was encoded to. */
export function merged(encoded: readonly EncodedHistogram[]): Histogram {
  const sum = build({ bitBucketSize: BUCKET_BITS, autoResize: true, numberOfSignificantValueDigits: 3 });
  for (const text of encoded) sum.add(decodeFromCompressedBase64(text, BUCKET_BITS, false));
  return sum;
}

/** @param percentile 0 to 100 */
export function valueAt(histogram: Histogram, percentile: number): number {
  return histogram.totalCount === 0 ? 0 : histogram.getValueAtPercentile(percentile);
}
