import { sameWork } from '../peers/job.ts';
import { gatewayConfig, type Settings, serviceName } from './gateway-config.ts';
import { requests } from './requests.ts';
import type { Scenario } from './scenario.ts';

const HOSTS = 1_000;
const ROUTES_PER_HOST = 100;
/** Every so many-th route is asked for: enough to miss every cache of the processor, few enough for a small workload. */
const ASKED_EVERY = 10;

const numbers = (count: number): number[] => Array.from({ length: count }, (_, number) => number);
const pathOf = (number: number): string => `/${serviceName(number)}/`;
const hostName = (number: number): string => `tenant-${number}.example.com`;

/** A platform with a thousand tenants: the route table must not be what a request costs. */
export const manyRoutes: Scenario = {
  name: 'many-routes',
  purpose: 'Whether 100,000 routes cost a request more than one: a thousand hosts with a hundred paths each.',
  closedLoop: true,
  peers: sameWork({ table: { hosts: numbers(HOSTS).map(hostName), paths: numbers(ROUTES_PER_HOST).map(pathOf) } }),
  prepare: async (place) => ({
    config: gatewayConfig(place, { routes: tenantRoutes() }),
    workload: () =>
      requests((HOSTS * ROUTES_PER_HOST) / ASKED_EVERY, (number) => {
        // Steps of a prime: neighbours in the workload are no neighbours in the table.
        const route = (number * ASKED_EVERY * 7_919) % (HOSTS * ROUTES_PER_HOST);
        const service = serviceName(route % ROUTES_PER_HOST);
        return { host: hostName(Math.floor(route / ROUTES_PER_HOST)), path: `/${service}/items/${number}` };
      }),
    load: { pace: { kind: 'rate', perSecond: 1_000 } },
  }),
};

function tenantRoutes(): Settings[] {
  return numbers(HOSTS * ROUTES_PER_HOST).map((number) => {
    const service = serviceName(number % ROUTES_PER_HOST);
    const tenant = Math.floor(number / ROUTES_PER_HOST);
    return {
      name: `tenant-${tenant}-${service}`,
      match: { hosts: [hostName(tenant)], path: `/${service}/*` },
      forward: { upstream: 'origin' },
    };
  });
}
