import { sameWork } from '../peers/job.ts';
import { gatewayConfig } from './gateway-config.ts';
import { requests } from './requests.ts';
import type { Scenario } from './scenario.ts';

const PATHS = 16;

/** What everything else is compared with: a request in, the same request out, 1 KiB back, nothing decided. */
export const plainProxy: Scenario = {
  name: 'plain-proxy',
  purpose: 'What the gateway costs when it only forwards: no policies, one route, an answer of 1 KiB at once.',
  closedLoop: true,
  peers: sameWork(),
  prepare: async (place) => ({
    config: gatewayConfig(place),
    workload: () => requests(PATHS, (number) => ({ path: `/catalog/${number}` })),
    load: { pace: { kind: 'rate', perSecond: 1_000 } },
  }),
};
