import { sameWork } from '../peers/job.ts';
import { gatewayConfig } from './gateway-config.ts';
import { requests } from './requests.ts';
import type { Scenario } from './scenario.ts';

const CONNECTIONS = 400;
const KIB = 1024;

/**
 * Phones behind a bad network: an answer takes four seconds to be read, and two hundred are being read at any time. It must not
 * fill memory - the upstream has to wait for the client - and nobody else may be held up. A client takes 64 KiB at a time, so
 * that answers are large enough to make it wait often.
 */
export const slowClients: Scenario = {
  name: 'slow-clients',
  purpose: 'Whether many slow readers harm: answers of 1 MiB read at 256 KiB a second. Look at memory and at failures.',
  peers: sameWork(),
  prepare: async (place) => ({
    config: gatewayConfig(place, { upstream: { connections: { perEndpoint: 2 * CONNECTIONS } } }),
    workload: () => requests(1, () => ({ path: '/photo', answer: { bytes: KIB * KIB } })),
    load: { pace: { kind: 'rate', perSecond: 50 }, connections: CONNECTIONS, readBytesPerSecond: 256 * KIB },
  }),
};
