/** Upstreams, and what of a route says where its requests go, to what acceptors read. */
import { createHash } from 'node:crypto';
import type { SeriesId, UpstreamId } from '../brand.ts';
import { NO_ROW } from '../shared-memory/endpoint-table.ts';
import { authoritiesOf, identityOf } from './compile-listeners.ts';
import { type CompiledUpstream, NO_UPSTREAM, type RouteRecord } from './compiled.ts';
import type { Split, UpstreamCare } from './compiled-care.ts';
import type { AssignRow } from './endpoint-rows.ts';
import type { LoadedConfig } from './load.ts';
import type { Forward } from './schema/forward.ts';
import type { Config, Upstream } from './schema/schema.ts';
import type { AssignSeries } from './series.ts';

/** Enough of a digest to tell a handful of upstreams apart, and short in a cookie. */
const TOKEN_LENGTH = 12;

/** Where names get the numbers under which acceptors count. */
export interface Assignments {
  readonly series: AssignSeries;
  readonly row: AssignRow;
}

/** For a config that nobody will run: nothing is counted, nothing shared. */
export const NO_ASSIGNMENTS: Assignments = { series: () => 0 as SeriesId, row: () => NO_ROW };

export function compileUpstreams(loaded: LoadedConfig, assign: Assignments): CompiledUpstream[] {
  const { config } = loaded;
  const budgeted = upstreamsWithBudget(config);
  return Object.entries(config.upstreams).map(([name, upstream]) => {
    const { endpoints, balance, connections } = upstream;
    const care = careOf(upstream);
    const isShared = care !== null || balance === 'leastRequests' || balance === 'randomTwo';
    return {
      name,
      series: assign.series('upstream', name),
      tls: tlsOf(name, upstream, loaded),
      endpoints: endpoints.map(({ url, weight }) => {
        const row = isShared ? assign.row(name, url.name) : NO_ROW;
        return { name: url.name, host: url.host, port: url.port, weight, row };
      }),
      balance: typeof balance === 'string' ? balance : 'hash',
      hashBy: typeof balance === 'string' ? null : balance.hash,
      row: isShared || budgeted.has(name) ? assign.row(name, null) : NO_ROW,
      care,
      connections,
    };
  });
}

function tlsOf(name: string, { endpoints, tls }: Upstream, loaded: LoadedConfig): CompiledUpstream['tls'] {
  if (endpoints[0]!.url.scheme !== 'https') return null;
  const { serverName, verify, ca, cert, key } = tls ?? {};
  const path = ['upstreams', name, 'tls'];
  return {
    serverName: serverName ?? null,
    verify: verify ?? true,
    authorities: ca === undefined ? null : authoritiesOf(ca, path, loaded),
    identity: cert === undefined || key === undefined ? null : identityOf(cert, key, path, loaded),
  };
}

function careOf({ health, circuit, limits }: Upstream): UpstreamCare | null {
  const active = health?.active;
  const passive = health?.passive;
  const isLimited = limits.inFlight > 0 || limits.perEndpoint > 0;
  if (active === undefined && passive === undefined && circuit === undefined && !isLimited) return null;
  return {
    active: active === undefined ? null : { ...active, host: active.host ?? null },
    passive: passive ?? null,
    whenAllUnhealthy: health?.whenAllUnhealthy ?? 'try',
    circuit: circuit ?? null,
    limits,
  };
}

/** Those whose refused retries are counted. */
function upstreamsWithBudget({ routes }: Config): ReadonlySet<string> {
  const forwards = routes.flatMap(({ forward }) =>
    forward === undefined || forward.retries.rules === null ? [] : [forward],
  );
  return new Set(forwards.flatMap(upstreamNamesOf));
}

/** Every upstream that a route may send requests to. */
export function upstreamNamesOf({ upstream, failover }: Forward): string[] {
  const names = typeof upstream === 'string' ? [upstream] : upstream.map((share) => share.upstream);
  return failover === undefined ? names : [...names, failover];
}

/** @param route the route's name */
export function compileForward(
  forward: Forward,
  route: string,
  ids: ReadonlyMap<string, UpstreamId>,
): RouteRecord['forward'] {
  const { upstream, sticky, failover, stripPrefix, host, retries, retryNonIdempotent } = forward;
  const { timeout, headTimeout, idleTimeout } = forward;
  const idOf = (name: string): UpstreamId => ids.get(name) ?? NO_UPSTREAM;
  const split: Split | null =
    typeof upstream === 'string'
      ? null
      : {
          choices: upstream.map((share) => ({
            upstream: idOf(share.upstream),
            name: share.upstream,
            weight: share.weight,
            token: tokenOf(route, share.upstream),
          })),
          sticky: sticky ?? null,
        };
  return {
    upstream: typeof upstream === 'string' ? idOf(upstream) : NO_UPSTREAM,
    split,
    failover: failover === undefined ? NO_UPSTREAM : idOf(failover),
    stripPrefix: stripPrefix ?? null,
    host,
    timeout,
    headTimeout,
    idleTimeout,
    retries: retries.attempts,
    retryNonIdempotent,
    retry: retries.rules,
  };
}

/** Stands for an upstream in a client's cookie without telling its name; no secret. */
function tokenOf(route: string, upstream: string): string {
  return createHash('sha256').update(`${route}\n${upstream}`, 'utf8').digest('base64url').slice(0, TOKEN_LENGTH);
}
