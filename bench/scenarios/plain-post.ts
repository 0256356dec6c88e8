import { sameWork } from '../peers/job.ts';
import { gatewayConfig } from './gateway-config.ts';
import { requests } from './requests.ts';
import type { Scenario } from './scenario.ts';

/** What most writes are: a body that came with its head. */
export const plainPost: Scenario = {
  name: 'plain-post',
  purpose: 'What a small body costs: plain-proxy with POST and 1 KiB in the request too.',
  closedLoop: true,
  peers: sameWork(),
  prepare: async (place) => ({
    config: gatewayConfig(place),
    workload: () => requests(16, (number) => ({ path: `/orders/${number}`, method: 'POST', bodyBytes: 1_024 })),
    load: { pace: { kind: 'rate', perSecond: 1_000 } },
  }),
};
