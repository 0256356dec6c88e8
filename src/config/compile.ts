/** Config to what acceptors read: names become numbers, defaults of defaults are filled in, files are found or read. */
import { createHash } from 'node:crypto';
import type { PolicyId, RouteId, SeriesId, UpstreamId } from '../brand.ts';
import { certificateName } from '../decision/client-certificate.ts';
import type { RouteMatch } from '../decision/route/route-match.ts';
import { keySetsOf } from './compile-jwt.ts';
import { compileListeners } from './compile-listeners.ts';
import { PolicyBook } from './compile-policies.ts';
import { compileTelemetry } from './compile-telemetry.ts';
import { type Assignments, compileForward, compileUpstreams, hasSameUpstreams } from './compile-upstreams.ts';
import type { CompiledConsumer, CompiledGlobals, CompiledPolicy, RouteRecord, StoredRoute } from './compiled.ts';
import { credentialPlacesOf } from './credential-places.ts';
import { formatPlace, type Place } from './diagnostics.ts';
import type { ParsedRoute } from './known-routes.ts';
import type { LoadedConfig } from './load.ts';
import { forward as forwardSchema } from './schema/forward.ts';
import type { PolicyEntry } from './schema/policies/policies.ts';
import type { Config, Consumer } from './schema/schema.ts';
import { besideSource } from './source/beside-source.ts';
import type { Source } from './source/source.ts';

export interface CompiledConfig extends CompiledParts {
  /** By RouteId: in file order. */
  readonly routes: readonly RouteRecord[];
}

export interface CompiledParts {
  readonly globals: CompiledGlobals;
  /** By RouteId. One that is the same as in the compile before is the same object. */
  readonly records: readonly StoredRoute[];
  /** Made when they are asked for: there may be very many. */
  placeOf(route: RouteId): Place;
  /** By PolicyId. */
  readonly policies: readonly CompiledPolicy[];
  /** By RouteId: what the route table is built from. */
  readonly matches: readonly RouteMatch[];
}

/**
 * Compiles a config that passed its checks. Series go to upstreams first, then to routes in file order.
 */
export function compile(loaded: LoadedConfig, assign: Assignments): CompiledConfig {
  const parts = compileParts(loaded, assign);
  const routes = parts.records.map((record, id) => ({ ...record, source: formatPlace(parts.placeOf(id as RouteId)) }));
  return { ...parts, routes };
}

/** The same, for those who only put it into an image. */
export function compileParts(loaded: LoadedConfig, assign: Assignments): CompiledParts {
  const { config, routes, source, modules } = loaded;
  const upstreamIds = new Map(Object.keys(config.upstreams).map((name, id) => [name, id as UpstreamId]));
  const globals: Omit<CompiledGlobals, 'keySets' | 'credentialPlaces'> = {
    listeners: compileListeners(loaded),
    upstreams: compileUpstreams(loaded, assign),
    consumers: Object.entries(config.consumers).map(([name, consumer]) => compileConsumer(name, consumer)),
    modules: modules.all().map(({ compiled }) => compiled),
    telemetry: compileTelemetry(config.telemetry, source),
    offloadThreads: config.runtime.offload.threads,
    cacheBytes: config.runtime.memory.cache,
    quotaStore: compileQuotaStore(config, source),
  };
  const book = new PolicyBook(config, source, modules);
  const records = routes.map((parsed, index) => {
    const policies = book.idsOf(parsed.route, index);
    return compileRoute(parsed, upstreamIds, policies, assign.series('route', parsed.route.name));
  });
  const { policies } = book;
  return {
    globals: { ...globals, keySets: keySetsOf(policies), credentialPlaces: credentialPlacesOf(policies) },
    records,
    placeOf: (route) => source.locate(['routes', route]),
    policies,
    matches: routes.map(({ match }) => match),
  };
}

/** The times of a route that has no upstream are those of one that has: its policies may have to wait, too. */
const DEFAULT_FORWARD = forwardSchema.parse({ upstream: 'none' });

function compileRoute(
  parsed: ParsedRoute,
  upstreamIds: ReadonlyMap<string, UpstreamId>,
  policies: readonly PolicyId[],
  series: SeriesId,
): StoredRoute {
  const { route, record } = parsed;
  const forward = route.forward ?? DEFAULT_FORWARD;
  const isSame =
    record !== null &&
    record.series === series &&
    areSame(record.policies ?? NO_POLICIES, policies) &&
    hasSameUpstreams(record.forward, forward, upstreamIds);
  if (isSame) return record;
  parsed.record = {
    name: route.name,
    series,
    path: route.match.path,
    policies: policies.length === 0 ? null : policies,
    forward: compileForward(forward, route.name, upstreamIds),
  };
  return parsed.record;
}

const NO_POLICIES: readonly PolicyId[] = [];

function areSame(some: readonly PolicyId[], others: readonly PolicyId[]): boolean {
  return some.length === others.length && some.every((id, at) => id === others[at]);
}

function compileConsumer(
  name: string,
  { groups, keys, subjects, certificates, passwords }: Consumer,
): CompiledConsumer {
  const keyDigests = keys.map((key) => createHash('sha256').update(key, 'utf8').digest('hex'));
  return { name, groups, keyDigests, subjects, certificates: certificates.map(certificateName), passwords };
}

/** Null where no policy counts in it. */
function compileQuotaStore({ policies, routes, runtime }: Config, source: Source): string | null {
  const isQuota = (entry: string | PolicyEntry): boolean => typeof entry !== 'string' && Object.hasOwn(entry, 'quota');
  const hasQuota =
    Object.values(policies).some((list) => list.some(isQuota)) || routes.some((route) => route.policies.some(isQuota));
  return hasQuota ? besideSource(source, ['runtime', 'quotaStore'], runtime.quotaStore) : null;
}
