import type { AcceptorSlot, Generation, SeriesId } from '../../../src/brand.ts';
import type { SeriesName } from '../../../src/config/series.ts';
import { slabBytes } from '../../../src/shared-memory/metrics-slab.ts';
import { SlabReader } from '../../../src/shared-memory/slab-reader.ts';
import { SlabWriter } from '../../../src/shared-memory/slab-writer.ts';
import type { MetricsSource } from '../../../src/telemetry/metrics-source.ts';

/** A gateway of two acceptors without processes: what its supervisor would read, and the writers to count with. */
export function aMetricsSource(names: readonly SeriesName[]): { source: MetricsSource; writers: SlabWriter[] } {
  const slabs = [0, 1].map(() => new SharedArrayBuffer(slabBytes(names.length)));
  const source: MetricsSource = {
    version: '0.1.0',
    slabs: new SlabReader(slabs, names.length),
    nameOf: (series: SeriesId) => names[series] ?? null,
    acceptors: () => [
      { slot: 0 as AcceptorSlot, generation: 7 as Generation, openConnections: 12, exchangesInFlight: 3 },
      { slot: 1 as AcceptorSlot, generation: 6 as Generation, openConnections: 0, exchangesInFlight: 0 },
    ],
    endpoints: () => [
      {
        upstream: 'catalog',
        endpoint: 'http://a:1',
        healthy: false,
        ejected: true,
        circuit: 'half-open',
        inFlight: 4,
        ejections: 2,
        circuitOpened: 1,
      },
    ],
    refusedRetries: () => [{ upstream: 'catalog', refused: 6 }],
    certificates: () => [
      {
        owner: 'listener',
        name: 'public',
        use: 'server',
        hosts: ['a.test'],
        subject: 'CN=a.test',
        file: '/certs/a.pem',
        notBefore: 1_700_000_000_000,
        notAfter: 1_800_000_000_000,
        fingerprint: 'ab',
      },
    ],
    publishedGeneration: () => 7 as Generation,
    acceptorRestarts: () => 2,
    accessLogDropped: () => 41,
    bucketEvictions: () => 5,
    spans: () => ({ exported: 70, failed: 8, dropped: 9 }),
  };
  return { source, writers: slabs.map((slab) => new SlabWriter(slab, names.length)) };
}
