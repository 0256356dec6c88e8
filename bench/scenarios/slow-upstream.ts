import { sameWork } from '../peers/job.ts';
import { gatewayConfig } from './gateway-config.ts';
import { requests } from './requests.ts';
import type { Scenario } from './scenario.ts';

const DELAY_MS = 250;

/** A hundred requests are always waiting: the time is the origin's, and the gateway's own must be as small as ever. */
export const slowUpstream: Scenario = {
  name: 'slow-upstream',
  purpose: `Whether waiting is free: the origin takes ${DELAY_MS} ms, and the gateway's own time must not grow with it.`,
  peers: sameWork(),
  prepare: async (place) => ({
    config: gatewayConfig(place),
    workload: () => requests(16, (number) => ({ path: `/reports/${number}`, answer: { delayMs: DELAY_MS } })),
    load: { pace: { kind: 'rate', perSecond: 400 }, connections: 250 },
  }),
};
