/** Config to what acceptors read: names become numbers, defaults of defaults are filled in, files are found or read. */
import { createHash } from 'node:crypto';
import type { PolicyId, UpstreamId } from '../brand.ts';
import { certificateName } from '../decision/client-certificate.ts';
import type { RouteMatch } from '../decision/route/route-match.ts';
import { toRouteMatch } from './check-routes.ts';
import { keySetsOf } from './compile-jwt.ts';
import { compileListeners } from './compile-listeners.ts';
import { PolicyBook } from './compile-policies.ts';
import { compileTelemetry } from './compile-telemetry.ts';
import { type Assignments, compileForward, compileUpstreams } from './compile-upstreams.ts';
import type { CompiledConsumer, CompiledGlobals, CompiledPolicy, RouteRecord } from './compiled.ts';
import { credentialPlacesOf } from './credential-places.ts';
import { formatPlace } from './diagnostics.ts';
import type { LoadedConfig } from './load.ts';
import { forward as forwardSchema } from './schema/forward.ts';
import type { Config, Consumer, Route } from './schema/schema.ts';
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

/** Compiles a config that passed its checks. Series go to upstreams first, then to routes in file order. */
export function compile(loaded: LoadedConfig, assign: Assignments): CompiledConfig {
  const { config, source, modules } = loaded;
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
  const routes = config.routes.map((route, index): RouteRecord => {
    const place = formatPlace(source.locate(['routes', index]));
    return compileRoute(route, place, upstreamIds, book.idsOf(route, index), assign.series);
  });
  const { policies } = book;
  return {
    globals: { ...globals, keySets: keySetsOf(policies), credentialPlaces: credentialPlacesOf(policies) },
    routes,
    policies,
    matches: config.routes.map(toRouteMatch),
  };
}

/** The times of a route that has no upstream are those of one that has: its policies may have to wait, too. */
const DEFAULT_FORWARD = forwardSchema.parse({ upstream: 'none' });

function compileRoute(
  route: Route,
  place: string,
  upstreamIds: ReadonlyMap<string, UpstreamId>,
  policies: readonly PolicyId[],
  assignSeries: AssignSeries,
): RouteRecord {
  return {
    name: route.name,
    source: place,
    series: assignSeries('route', route.name),
    path: route.match.path,
    policies: policies.length === 0 ? null : policies,
    forward: compileForward(route.forward ?? DEFAULT_FORWARD, route.name, upstreamIds),
  };
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
  const own = routes.flatMap(({ policies: items }) => items.filter((item) => typeof item !== 'string'));
  const hasQuota = [...Object.values(policies).flat(), ...own].some((entry) => Object.hasOwn(entry, 'quota'));
  return hasQuota ? besideSource(source, ['runtime', 'quotaStore'], runtime.quotaStore) : null;
}
