import { sameWork } from '../peers/job.ts';
import { gatewayConfig } from './gateway-config.ts';
import { requests } from './requests.ts';
import type { Scenario } from './scenario.ts';

/** Clients that keep no connection: what accepting and closing one costs, on top of the request. */
export const churn: Scenario = {
  name: 'churn',
  purpose: 'What a connection costs: each carries one request and is closed by the client.',
  peers: sameWork(),
  prepare: async (place) => ({
    config: gatewayConfig(place),
    workload: () => requests(16, (number) => ({ path: `/catalog/${number}` })),
    load: { pace: { kind: 'rate', perSecond: 500 }, requestsPerConnection: 1 },
  }),
};
