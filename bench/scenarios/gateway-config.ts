/** The configs of scenarios: what one of them is not about is the same in all. */
import type { ScenarioPlace } from './scenario.ts';

/** Settings as they stand in a config file. */
export type Settings = Readonly<Record<string, unknown>>;

export interface Particulars {
  /** Of the one listener. */
  readonly listener?: Settings;
  /** Of the upstream `origin`, which has every origin of the scenario as an endpoint. */
  readonly upstream?: Settings;
  /** One route, `all`, when left out. */
  readonly routes?: readonly Settings[];
  /** Further sections, or others in place of the usual ones. */
  readonly sections?: Settings;
}

/** JSON: one listener, one acceptor, no access log, every request to the upstream `origin`. */
export function gatewayConfig(place: ScenarioPlace, particulars: Particulars = {}): string {
  const {
    listener,
    upstream,
    routes = [{ name: 'all', match: { path: '/*' }, forward: { upstream: 'origin' } }],
  } = particulars;
  const endpoints = place.originPorts.map((port) => `http://127.0.0.1:${port}`);
  const config = {
    version: 1,
    listeners: [{ name: 'public', address: `127.0.0.1:${place.gatewayPort}`, ...listener }],
    admin: { address: `127.0.0.1:${place.adminPort}` },
    runtime: { acceptors: 1 },
    telemetry: { accessLog: 'none' },
    ...particulars.sections,
    upstreams: { origin: { endpoints, ...upstream } },
    routes,
  };
  return JSON.stringify(config, null, 1);
}

/** `/service-0/*`, `/service-1/*` and so on, each a route of its name. */
export function serviceRoutes(count: number, more: Settings = {}): Settings[] {
  return Array.from({ length: count }, (_, number) => ({
    name: serviceName(number),
    match: { path: `/${serviceName(number)}/*` },
    forward: { upstream: 'origin' },
    ...more,
  }));
}

export const serviceName = (number: number): string => `service-${number}`;
