/** Configurations for tests of proxying: what a test does not care about is filled in. */
import type { Certificate } from './certificates.ts';
import type { GatewayConfig } from './gateway.ts';

/** Settings as they stand in a config file. */
export type Settings = Readonly<Record<string, unknown>>;

export interface ProxySettings {
  /** Upstreams by name; a list is short for its endpoints. */
  readonly upstreams: Readonly<Record<string, readonly string[] | Settings>>;
  /** What a path, `/slow` or `/slow/*`, is forwarded to: the name of an upstream, or settings of `forward`. */
  readonly routes: Readonly<Record<string, string | Settings>>;
  /** `limits` of the listeners. */
  readonly limits?: Settings;
  /** A second listener, `secure`, with this certificate. */
  readonly certificate?: Pick<Certificate, 'certPath' | 'keyPath'>;
  readonly acceptors?: number;
}

/** One acceptor unless told otherwise, any free port, an admin address, no access log, bodies of any size. */
export function proxyConfig({ upstreams, routes, limits, certificate, acceptors = 1 }: ProxySettings): GatewayConfig {
  const listener = { address: '127.0.0.1:0', limits: { bodyBytes: 'none', ...limits } };
  const secure = certificate && {
    ...listener,
    name: 'secure',
    tls: { certificates: [{ hosts: ['localhost'], cert: certificate.certPath, key: certificate.keyPath }] },
  };
  const config = {
    version: 1,
    listeners: [{ ...listener, name: 'public' }, ...(secure ? [secure] : [])],
    admin: { address: '127.0.0.1:0' },
    runtime: { acceptors, drainTimeout: '1s' },
    telemetry: { accessLog: 'none' },
    upstreams: Object.fromEntries(
      Object.entries(upstreams).map(([name, value]) => [name, Array.isArray(value) ? { endpoints: value } : value]),
    ),
    routes: Object.entries(routes).map(([path, forward], index) => ({
      name: `route-${index}`,
      match: { path },
      forward: typeof forward === 'string' ? { upstream: forward } : forward,
    })),
  };
  return config;
}
