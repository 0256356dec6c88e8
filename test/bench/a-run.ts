import { build, encodeIntoCompressedBase64 } from 'hdr-histogram-js';
import type { EncodedHistogram, LoadCounts } from '../../bench/load/workload.ts';
import type { RunResult } from '../../bench/run/run-result.ts';

/** What a run made of one route; whatever a test does not care for is unremarkable. */
export interface RouteFigures {
  /** Microseconds. */
  readonly latencies?: readonly number[];
  readonly overheads?: readonly number[];
  readonly errors?: number;
}

export interface RunFigures {
  readonly round?: number;
  readonly starved?: string | null;
  readonly cpuMicrosPerRequest?: number;
}

export function histogramOf(values: readonly number[]): EncodedHistogram {
  const histogram = build({ numberOfSignificantValueDigits: 3 });
  for (const value of values) histogram.recordValue(value);
  return encodeIntoCompressedBase64(histogram);
}

/** A run without processes: what the judge is given. */
export function aRun(routes: Readonly<Record<string, RouteFigures>>, figures: RunFigures = {}): RunResult {
  const { round = 1, starved = null, cpuMicrosPerRequest = 40 } = figures;
  const byLabel = Object.fromEntries(
    Object.entries(routes).map(([route, { latencies = [1_000], errors = 0 }]) => [route, countsOf(latencies, errors)]),
  );
  const overhead = Object.fromEntries(
    Object.entries(routes).map(([route, { latencies = [1_000], overheads = latencies }]) => [
      route,
      histogramOf(overheads),
    ]),
  );
  const all = Object.values(routes).flatMap(({ latencies = [1_000] }) => latencies);
  return {
    round,
    pace: { kind: 'rate', perSecond: 300 },
    connections: 8,
    load: {
      kind: 'result',
      measuredMs: 1_000,
      total: countsOf(all, 0),
      byLabel,
      timeline: [],
      generator: { due: all.length, lateP99: 0, lateMax: 0, cpuMs: 1, starved },
    },
    gateway: { cpuMs: 1, cpuMicrosPerRequest, residentBytes: 1, disturbance: 0, overhead },
  };
}

function countsOf(latencies: readonly number[], errors: number): LoadCounts {
  const sent = latencies.length;
  return {
    ...{ sent, answered: sent, failed: 0, errors, responseBytes: 0 },
    ...{ byStatus: { 200: sent }, byFailure: {}, byErrorCode: {} },
    latency: histogramOf(latencies),
  };
}
