/** A gateway whose routes have policies, before an origin that records what reaches it. */
import type { Gateway } from '../../support/gateway.ts';
import { startGateway } from '../../support/gateway.ts';
import type { Lifetime } from '../../support/lifetime.ts';
import { type FinalResponse, requestOnce } from '../../support/raw-client.ts';
import { head } from '../plain-gateway.ts';

export interface PolicyGatewayOptions {
  readonly upstream: string;
  /** Policies by the path of their route, `/a`. */
  readonly routes: Readonly<Record<string, readonly unknown[]>>;
  readonly consumers?: object;
  readonly runtime?: object;
  readonly stripPrefix?: string;
}

export function policyConfig({ upstream, routes, consumers = {}, runtime = {}, stripPrefix }: PolicyGatewayOptions) {
  return {
    version: 1,
    listeners: [{ name: 'public', address: '127.0.0.1:0' }],
    admin: { address: '127.0.0.1:0' },
    runtime: { acceptors: 1, ...runtime },
    telemetry: { accessLog: 'none' },
    upstreams: { origin: { endpoints: [upstream] } },
    consumers,
    routes: Object.entries(routes).map(([path, policies]) => ({
      name: `route ${path}`.replaceAll(' ', '-'),
      match: { path: `${path}/*` },
      policies,
      forward: { upstream: 'origin', ...(stripPrefix === undefined ? {} : { stripPrefix }) },
    })),
  };
}

export function policyGateway(lifetime: Lifetime, options: PolicyGatewayOptions): Promise<Gateway> {
  return startGateway(lifetime, policyConfig(options));
}

/** GETs a path with these header lines. */
export function get(
  lifetime: Lifetime,
  port: number,
  path: string,
  ...lines: readonly string[]
): Promise<FinalResponse> {
  return requestOnce(lifetime, port, head(`GET ${path} HTTP/1.1`, 'Host: a', ...lines));
}

/** Status and the gateway's own error code, if it is one. */
export function outcomeOf(response: FinalResponse): string {
  return `${response.status} ${response.header('penstock-error') ?? '-'}`;
}
