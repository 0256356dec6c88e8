import type { HistogramView } from '../shared-memory/histogram.ts';
import { SeriesTotals } from '../shared-memory/slab-reader.ts';
import type { MetricsSource } from './metrics-source.ts';
import { UNROUTED } from './scrape.ts';

/** How long the exchanges of one route took since the gateway started, as finely as the gateway counts it (3 %). */
export interface RouteLatencies {
  /** `-`: exchanges that no route was found for. */
  readonly route: string;
  /** Time in the gateway's own hands. */
  readonly gateway: readonly Bucket[];
  /** Time spent waiting for upstreams. */
  readonly upstream: readonly Bucket[];
}

/** The shortest duration of a bucket in whole microseconds, and how many exchanges are in it. Empty ones are left out. */
export type Bucket = readonly [lowerUs: number, count: number];

/** What `GET /latencies` shows: for whoever needs percentiles, or what was added between two looks. */
export function latencies(source: MetricsSource): RouteLatencies[] {
  const totals = new SeriesTotals();
  const found: RouteLatencies[] = [];
  for (const series of source.slabs.usedSeries()) {
    const name = source.nameOf(series);
    if (name?.kind === 'route') found.push(latenciesOf(name.name, source.slabs.read(series, totals)));
  }
  found.push(latenciesOf(UNROUTED, source.slabs.readUnrouted(totals)));
  return found;
}

function latenciesOf(route: string, { gatewayTime, upstreamTime }: SeriesTotals): RouteLatencies {
  return { route, gateway: bucketsOf(gatewayTime), upstream: bucketsOf(upstreamTime) };
}

function bucketsOf(histogram: HistogramView): Bucket[] {
  return [...histogram.filledBuckets()];
}
