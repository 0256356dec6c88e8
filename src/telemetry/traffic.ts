import type { SeriesName } from '../config/series.ts';
import type { SeriesTotals } from '../shared-memory/slab-reader.ts';
import type { MetricsSource } from './metrics-source.ts';

/** What a route or an upstream did since the gateway started; times in milliseconds, null when there are none. */
export interface Traffic {
  readonly name: string;
  readonly requests: number;
  /** Of these, answered with 5xx. */
  readonly serverErrors: number;
  /** Of these, ended with an error of the gateway's own. */
  readonly gatewayErrors: number;
  readonly gatewayMs: Quantiles;
  readonly upstreamMs: Quantiles;
  readonly openConnections: number;
  readonly waitingExchanges: number;
}

export interface Quantiles {
  readonly p50: number | null;
  readonly p99: number | null;
}

/**
 * The series of one kind that were ever used, busiest first.
 *
 * @param most how many to return at most, so that a page over 100,000 routes stays a page
 */
export function traffic(source: MetricsSource, kind: SeriesName['kind'], most: number): Traffic[] {
  const found: Traffic[] = [];
  for (const series of source.slabs.usedSeries()) {
    const named = source.nameOf(series);
    if (named?.kind === kind) found.push(trafficOf(named.name, source.slabs.read(series)));
  }
  return found.sort((a, b) => b.requests - a.requests).slice(0, most);
}

function trafficOf(name: string, totals: SeriesTotals): Traffic {
  const { requests, errors, gatewayTime, upstreamTime, openConnections, waitingExchanges } = totals;
  const [, , , , , serverErrors] = requests;
  return {
    name,
    requests: sum(requests),
    serverErrors,
    gatewayErrors: sum(errors),
    gatewayMs: { p50: gatewayTime.quantileMs(0.5), p99: gatewayTime.quantileMs(0.99) },
    upstreamMs: { p50: upstreamTime.quantileMs(0.5), p99: upstreamTime.quantileMs(0.99) },
    openConnections,
    waitingExchanges,
  };
}

function sum(values: Float64Array): number {
  return values.reduce((total, value) => total + value, 0);
}
