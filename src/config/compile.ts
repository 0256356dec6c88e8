/** Config to what acceptors read: names become numbers, defaults of defaults are filled in, files are found or read. */
import { readFileSync } from 'node:fs';
import type { UpstreamId } from '../brand.ts';
import type { RouteMatch } from '../decision/route/route-match.ts';
import { toRouteMatch } from './check-routes.ts';
import type { AccessLogTarget, CompiledGlobals, CompiledListener, CompiledUpstream, RouteRecord } from './compiled.ts';
import { formatPlace } from './diagnostics.ts';
import type { LoadedConfig } from './load.ts';
import type { Config, Listener, Route, Upstream } from './schema/schema.ts';
import type { AssignSeries } from './series.ts';
import { besideSource } from './source/beside-source.ts';
import type { Source } from './source/source.ts';

export interface CompiledConfig {
  readonly globals: CompiledGlobals;
  /** By RouteId: in file order. */
  readonly routes: readonly RouteRecord[];
  /** By RouteId: what the route table is built from. */
  readonly matches: readonly RouteMatch[];
}

/**
 * Compiles a config that passed its checks. Series go to upstreams first, then to routes in file order.
 *
 * @throws when a CA file that was there for the checks is gone
 */
export function compile({ config, source }: LoadedConfig, assignSeries: AssignSeries): CompiledConfig {
  const upstreams = Object.entries(config.upstreams);
  const upstreamIds = new Map(upstreams.map(([name], id) => [name, id as UpstreamId]));
  const globals: CompiledGlobals = {
    listeners: config.listeners.map((listener, index) => compileListener(listener, index, source)),
    upstreams: upstreams.map(([name, upstream]) => compileUpstream(name, upstream, source, assignSeries)),
    accessLog: compileAccessLog(config.telemetry.accessLog, source),
  };
  const routes = config.routes.map((route, index): RouteRecord => {
    const place = formatPlace(source.locate(['routes', index]));
    return compileRoute(route, place, upstreamIds.get(route.forward.upstream)!, assignSeries);
  });
  return { globals, routes, matches: config.routes.map(toRouteMatch) };
}

function compileListener(listener: Listener, index: number, source: Source): CompiledListener {
  const { name, address, tls, trustedProxies, chunkedRequests, path, limits } = listener;
  const certificates = tls?.certificates.map(({ hosts, cert, key }, at) => {
    const beside = (file: string): string =>
      besideSource(source, ['listeners', index, 'tls', 'certificates', at], file);
    return { hosts, cert: beside(cert), key: beside(key) };
  });
  return {
    name,
    address,
    tls: certificates === undefined ? null : { certificates },
    trustedProxies,
    chunkedRequests,
    path,
    limits,
  };
}

function compileUpstream(
  name: string,
  upstream: Upstream,
  source: Source,
  assignSeries: AssignSeries,
): CompiledUpstream {
  const { endpoints, balance, connections, tls } = upstream;
  const ca =
    tls?.ca === undefined ? null : readFileSync(besideSource(source, ['upstreams', name, 'tls', 'ca'], tls.ca), 'utf8');
  const isTls = endpoints[0]!.url.scheme === 'https';
  return {
    name,
    series: assignSeries('upstream', name),
    tls: isTls ? { serverName: tls?.serverName ?? null, verify: tls?.verify ?? true, ca } : null,
    endpoints: endpoints.map(({ url, weight }) => ({ name: url.name, host: url.host, port: url.port, weight })),
    balance,
    connections,
  };
}

function compileRoute(route: Route, place: string, upstream: UpstreamId, assignSeries: AssignSeries): RouteRecord {
  const { stripPrefix, host, timeout, headTimeout, idleTimeout, retries, retryNonIdempotent } = route.forward;
  return {
    name: route.name,
    source: place,
    series: assignSeries('route', route.name),
    forward: {
      upstream,
      stripPrefix: stripPrefix ?? null,
      host,
      timeout,
      headTimeout,
      idleTimeout,
      retries,
      retryNonIdempotent,
    },
  };
}

function compileAccessLog(accessLog: Config['telemetry']['accessLog'], source: Source): AccessLogTarget | null {
  if (accessLog === 'none' || accessLog.to === 'none') return null;
  const { to, sample } = accessLog;
  if (to === 'stdout') return { file: null, sample };
  return { file: besideSource(source, ['telemetry', 'accessLog', 'to', 'file'], to.file), sample };
}
