import { sameWork } from '../peers/job.ts';
import { gatewayConfig } from './gateway-config.ts';
import { requests } from './requests.ts';
import type { Scenario } from './scenario.ts';

const ENTRIES = 64;

/** The origin is asked 64 times while it warms up; from then on every answer is the gateway's own. */
export const cacheHits: Scenario = {
  name: 'cache-hits',
  purpose: 'What an answer from the cache costs: 64 entries of 1 KiB, fresh for as long as it lasts.',
  closedLoop: true,
  peers: sameWork({ caches: true }),
  prepare: async (place) => ({
    config: gatewayConfig(place, {
      routes: [
        { name: 'all', match: { path: '/*' }, policies: [{ cache: { ttl: '10m' } }], forward: { upstream: 'origin' } },
      ],
    }),
    workload: () =>
      requests(ENTRIES, (number) => ({
        path: `/catalog/${number}`,
        answerHeader: 'cache-control: max-age=600',
      })),
    load: { pace: { kind: 'rate', perSecond: 1_000 } },
  }),
};
