import { ERROR_CODES, type ErrorCode } from '../errors/table.ts';
import { bucketStartingAt, type HistogramView } from '../shared-memory/histogram.ts';
import { STATUS_CLASSES, type StatusClass } from '../shared-memory/metrics-slab.ts';
import { SeriesTotals } from '../shared-memory/slab-reader.ts';
import type { MetricsSource } from './metrics-source.ts';

/**
 * Upper bounds of the buckets a page shows, in seconds: the powers of two of a microsecond from 64 us to 67 s. They are
 * bounds of buckets in shared memory, so nothing is split by guess; twenty-one of them keep a page with many routes small.
 */
const EXPOSED = Array.from({ length: 21 }, (_, index) => {
  const us = 2 ** (index + 6);
  return { le: us / 1e6, bucket: bucketStartingAt(us) };
});

export const EXPOSED_BOUNDS: readonly number[] = EXPOSED.map(({ le }) => le);

/** The route label of exchanges that no route was found for. */
export const UNROUTED = '-';

/** A histogram as a page shows it: durations up to each of EXPOSED_BOUNDS, cumulative. */
export interface DurationSample {
  readonly cumulative: readonly number[];
  readonly count: number;
  readonly sumSeconds: number;
}

/** What a page shows of one route or upstream. */
export interface SeriesSample {
  readonly name: string;
  readonly requests: readonly (readonly [StatusClass, number])[];
  readonly errors: readonly (readonly [ErrorCode, number])[];
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly retries: number;
  readonly dryRunRefusals: number;
  readonly cacheHits: number;
  readonly cacheMisses: number;
  readonly openConnections: number;
  readonly waitingExchanges: number;
  readonly gatewayTime: DurationSample;
  readonly upstreamTime: DurationSample;
}

/** Everything of one scrape that comes from the slabs, read at one moment. */
export interface Scrape {
  readonly routes: readonly SeriesSample[];
  readonly upstreams: readonly SeriesSample[];
}

/** Reads every used series once and reduces it to what a page shows. */
export function scrape(source: MetricsSource): Scrape {
  const totals = new SeriesTotals();
  const routes: SeriesSample[] = [];
  const upstreams: SeriesSample[] = [];
  for (const series of source.slabs.usedSeries()) {
    const name = source.nameOf(series);
    if (name === null) continue;
    const samples = name.kind === 'route' ? routes : upstreams;
    samples.push(sampleOf(name.name, source.slabs.read(series, totals)));
  }
  routes.push(sampleOf(UNROUTED, source.slabs.readUnrouted(totals)));
  return { routes, upstreams };
}

function sampleOf(name: string, totals: SeriesTotals): SeriesSample {
  return {
    name,
    requests: nonZero(STATUS_CLASSES, totals.requests),
    errors: nonZero(ERROR_CODES, totals.errors),
    bytesIn: totals.bytesIn,
    bytesOut: totals.bytesOut,
    retries: totals.retries,
    dryRunRefusals: totals.dryRunRefusals,
    cacheHits: totals.cacheHits,
    cacheMisses: totals.cacheMisses,
    openConnections: totals.openConnections,
    waitingExchanges: totals.waitingExchanges,
    gatewayTime: durationsOf(totals.gatewayTime),
    upstreamTime: durationsOf(totals.upstreamTime),
  };
}

function nonZero<Name>(names: readonly Name[], counts: Float64Array): (readonly [Name, number])[] {
  const pairs: (readonly [Name, number])[] = [];
  for (const [index, name] of names.entries()) if (counts[index] !== 0) pairs.push([name, counts[index]]);
  return pairs;
}

function durationsOf(histogram: HistogramView): DurationSample {
  const cumulative = EXPOSED.map(({ bucket }) => histogram.countBelow(bucket));
  return { cumulative, count: histogram.count, sumSeconds: histogram.sumMs / 1000 };
}
