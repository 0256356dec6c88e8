import { sameWork } from '../peers/job.ts';
import { gatewayConfig } from './gateway-config.ts';
import { requests } from './requests.ts';
import type { Scenario } from './scenario.ts';

const MIB = 1024 * 1024;
const SIZES_MIB = [1, 2, 4, 8];

/** Bytes in bulk: what a mebibyte costs, and whether memory stays what it was. Latency is that of the whole body. */
export const largeBodies: Scenario = {
  name: 'large-bodies',
  purpose: 'What streaming costs: uploads and downloads of 1 to 8 MiB in turn, none of which may be kept in memory.',
  peers: sameWork({ streams: true }),
  prepare: async (place) => ({
    config: gatewayConfig(place, {
      listener: { limits: { bodyBytes: '16MiB' } },
      routes: [
        { name: 'up', match: { path: '/up' }, forward: { upstream: 'origin' } },
        { name: 'down', match: { path: '/down' }, forward: { upstream: 'origin' } },
      ],
    }),
    workload: () =>
      requests(2 * SIZES_MIB.length, (number) => {
        const bytes = SIZES_MIB[number >> 1]! * MIB;
        return number % 2 === 0
          ? { path: '/up', route: 'up', method: 'POST', bodyBytes: bytes }
          : { path: '/down', route: 'down', answer: { bytes } };
      }),
    load: { pace: { kind: 'rate', perSecond: 20 }, connections: 64 },
  }),
};
