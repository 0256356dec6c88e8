/** Config to what acceptors read: names become numbers, defaults of defaults are filled in, files are found or read. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { PolicyId, UpstreamId } from '../brand.ts';
import type { RouteMatch } from '../decision/route/route-match.ts';
import { toRouteMatch } from './check-routes.ts';
import { PolicyBook } from './compile-policies.ts';
import {
  type AccessLogTarget,
  type CompiledConsumer,
  type CompiledGlobals,
  type CompiledListener,
  type CompiledPolicy,
  type CompiledUpstream,
  NO_UPSTREAM,
  type RouteRecord,
} from './compiled.ts';
import { formatPlace } from './diagnostics.ts';
import type { LoadedConfig } from './load.ts';
import { forward as forwardSchema } from './schema/routes.ts';
import type { Config, Consumer, Listener, Route, Upstream } from './schema/schema.ts';
import type { AssignSeries } from './series.ts';
import { besideSource } from './source/beside-source.ts';
import type { Source } from './source/source.ts';

export interface CompiledConfig {
  readonly globals: CompiledGlobals;
  /** By RouteId: in file order. */
  readonly routes: readonly RouteRecord[];
  /** By PolicyId. */
  readonly policies: readonly CompiledPolicy[];
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
    consumers: Object.entries(config.consumers).map(([name, consumer]) => compileConsumer(name, consumer)),
    accessLog: compileAccessLog(config.telemetry.accessLog, source),
    quotaStore: compileQuotaStore(config, source),
  };
  const book = new PolicyBook(config, source);
  const routes = config.routes.map((route, index): RouteRecord => {
    const place = formatPlace(source.locate(['routes', index]));
    const upstream = route.forward === undefined ? NO_UPSTREAM : upstreamIds.get(route.forward.upstream)!;
    return compileRoute(route, place, upstream, book.idsOf(route, index), assignSeries);
  });
  return { globals, routes, policies: book.policies, matches: config.routes.map(toRouteMatch) };
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

/** The times of a route that has no upstream are those of one that has: its policies may have to wait, too. */
const DEFAULT_FORWARD = forwardSchema.parse({ upstream: 'none' });

function compileRoute(
  route: Route,
  place: string,
  upstream: UpstreamId,
  policies: readonly PolicyId[],
  assignSeries: AssignSeries,
): RouteRecord {
  const forward = route.forward ?? DEFAULT_FORWARD;
  const { stripPrefix, host, timeout, headTimeout, idleTimeout, retries, retryNonIdempotent } = forward;
  return {
    name: route.name,
    source: place,
    series: assignSeries('route', route.name),
    path: route.match.path,
    policies: policies.length === 0 ? null : policies,
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

function compileConsumer(name: string, { groups, keys, subjects, passwords }: Consumer): CompiledConsumer {
  const keyDigests = keys.map((key) => createHash('sha256').update(key, 'utf8').digest('hex'));
  return { name, groups, keyDigests, subjects, passwords };
}

/** Null where no policy counts in it. */
function compileQuotaStore({ policies, routes, runtime }: Config, source: Source): string | null {
  const own = routes.flatMap(({ policies: items }) => items.filter((item) => typeof item !== 'string'));
  const hasQuota = [...Object.values(policies).flat(), ...own].some((entry) => Object.hasOwn(entry, 'quota'));
  return hasQuota ? besideSource(source, ['runtime', 'quotaStore'], runtime.quotaStore) : null;
}

function compileAccessLog(accessLog: Config['telemetry']['accessLog'], source: Source): AccessLogTarget | null {
  if (accessLog === 'none' || accessLog.to === 'none') return null;
  const { to, sample } = accessLog;
  if (to === 'stdout') return { file: null, sample };
  return { file: besideSource(source, ['telemetry', 'accessLog', 'to', 'file'], to.file), sample };
}
