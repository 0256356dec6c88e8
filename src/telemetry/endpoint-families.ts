import type { EndpointReading } from './endpoint-reading.ts';
import type { Family } from './metric-families.ts';

/** Families of metrics about endpoints whose state is shared. */
export const ENDPOINT_FAMILIES: readonly Family[] = [
  family(
    'penstock_endpoint_up',
    '1 when the active health checks of an endpoint are good, or there are none.',
    'gauge',
    ({ healthy }) => Number(healthy),
  ),
  family(
    'penstock_endpoint_ejected',
    '1 while an endpoint is left out because exchanges with it failed.',
    'gauge',
    ({ ejected }) => Number(ejected),
  ),
  family(
    'penstock_endpoint_circuit',
    "State of an endpoint's circuit: 0 closed, 1 open, 2 half-open.",
    'gauge',
    ({ circuit }) => ['closed', 'open', 'half-open'].indexOf(circuit),
  ),
  family(
    'penstock_endpoint_in_flight',
    'Requests in flight at an endpoint, over all acceptors.',
    'gauge',
    ({ inFlight }) => inFlight,
  ),
  family(
    'penstock_endpoint_ejections_total',
    'How often an endpoint was ejected.',
    'counter',
    ({ ejections }) => ejections,
  ),
  family(
    'penstock_endpoint_circuit_opened_total',
    "How often an endpoint's circuit has opened.",
    'counter',
    ({ circuitOpened }) => circuitOpened,
  ),
  {
    name: 'penstock_upstream_retries_refused_total',
    help: 'Retries that were not made because the budget was spent.',
    type: 'counter',
    read: (_, source) =>
      source.refusedRetries().map(({ upstream, refused }) => ({ labels: { upstream }, value: refused })),
  },
];

function family(
  name: string,
  help: string,
  type: Family['type'],
  reading: (endpoint: EndpointReading) => number,
): Family {
  return {
    name,
    help,
    type,
    read: (_, source) =>
      source.endpoints().map((endpoint) => ({
        labels: { upstream: endpoint.upstream, endpoint: endpoint.endpoint },
        value: reading(endpoint),
      })),
  };
}
