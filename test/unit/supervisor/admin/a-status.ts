import type { Status } from '../../../../src/supervisor/admin/status.ts';

/** The status of a healthy gateway of two acceptors, with whatever a test wants to be different. */
export function aStatus(different: Partial<Status> = {}): Status {
  const acceptor = { state: 'serving', heartbeatAgeSeconds: 0.4, generation: 7, exchangesInFlight: 3 } as const;
  const traffic = { serverErrors: 2, gatewayErrors: 1, gatewayMs: { p50: 0.041, p99: 0.19 } };
  return {
    version: '0.1.0',
    instance: 'edge-1',
    startedAt: '2026-11-21T10:00:00.000Z',
    uptimeSeconds: 3725,
    config: {
      source: '/etc/penstock/penstock.yaml',
      generation: 7,
      snapshot: '0123456789ab',
      label: null,
      sourceSnapshot: '0123456789ab',
      publishedAt: '2026-11-21T10:30:00.000Z',
      lastError: null,
    },
    acceptors: [
      { ...acceptor, slot: 0, pid: 4711, openConnections: 120, restarts: 0 },
      { ...acceptor, slot: 1, pid: 4712, openConnections: 118, restarts: 2 },
    ],
    acceptorRestarts: 2,
    routes: [
      {
        ...traffic,
        name: 'catalog-read',
        requests: 120_000,
        upstreamMs: { p50: 3.4, p99: 1250 },
        openConnections: 0,
        waitingExchanges: 0,
      },
    ],
    upstreams: [
      {
        ...traffic,
        name: 'catalog',
        requests: 120_000,
        upstreamMs: { p50: 3.4, p99: null },
        openConnections: 14,
        waitingExchanges: 5,
      },
    ],
    endpoints: [],
    unrouted: 9,
    accessLog: { droppedLines: 0 },
    keySets: [],
    certificates: [],
    ...different,
  };
}
