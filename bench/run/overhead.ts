/** The gateway's own time by route, from what it counts itself: the difference of two looks at `GET /latencies`. */
import { build, encodeIntoCompressedBase64 } from 'hdr-histogram-js';
import { bucketStartingAt, bucketUpperUs } from '../../src/shared-memory/histogram.ts';
import type { RouteLatencies } from '../../src/telemetry/latencies.ts';
import type { EncodedHistogram } from '../load/workload.ts';

/** Counts by the lower bound of their bucket, by route. */
export type GatewayTimes = ReadonlyMap<string, ReadonlyMap<number, number>>;

/** @returns null when the gateway has no such resource, because it is of an older version */
export async function readGatewayTimes(adminPort: number): Promise<GatewayTimes | null> {
  const response = await fetch(`http://127.0.0.1:${adminPort}/latencies`);
  const text = await response.text();
  if (response.status !== 200) return null;
  const { routes } = JSON.parse(text) as { readonly routes: readonly RouteLatencies[] };
  return new Map(routes.map(({ route, gateway }) => [route, new Map(gateway)]));
}

/** What was counted between two looks, by route; routes without any are left out. */
export function overheadBetween(before: GatewayTimes, after: GatewayTimes): Record<string, EncodedHistogram> {
  const overhead: [route: string, EncodedHistogram][] = [];
  for (const [route, counts] of after) {
    const earlier = before.get(route);
    const added = [...counts].map(([lower, count]) => [lower, count - (earlier?.get(lower) ?? 0)] as const);
    if (added.some(([, count]) => count > 0)) overhead.push([route, encode(added)]);
  }
  return Object.fromEntries(overhead);
}

/** Each bucket counts as its middle: 3 % off at most. */
function encode(buckets: readonly (readonly [lowerUs: number, count: number])[]): EncodedHistogram {
  const histogram = build({ numberOfSignificantValueDigits: 3 });
  for (const [lower, count] of buckets) {
    if (count > 0) histogram.recordValueWithCount(Math.max(1, middleOf(lower)), count);
  }
  return encodeIntoCompressedBase64(histogram);
}

function middleOf(lower: number): number {
  const upper = bucketUpperUs(bucketStartingAt(lower));
  return Number.isFinite(upper) ? Math.floor((lower + upper) / 2) : lower;
}
