import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Millis, SeriesId } from '../../../src/brand.ts';
import { latencies } from '../../../src/telemetry/latencies.ts';
import { aMetricsSource } from './a-metrics-source.ts';
import { anExchange } from './an-exchange.ts';

it('sums what all acceptors counted of a route, bucket by bucket, and leaves upstreams out', () => {
  const { source, writers } = aMetricsSource([
    { kind: 'route', name: 'catalog' },
    { kind: 'upstream', name: 'origin' },
    { kind: 'route', name: 'unused' },
  ]);
  const route = { name: 'catalog', series: 0 as SeriesId };
  for (const writer of writers) {
    writer.record(anExchange({ route, gatewayMs: 0.012 as Millis, upstreamMs: 1.03 as Millis }));
  }
  assert.deepEqual(latencies(source), [
    { route: 'catalog', gateway: [[12, 2]], upstream: [[1024, 2]] },
    { route: '-', gateway: [], upstream: [] },
  ]);
});
