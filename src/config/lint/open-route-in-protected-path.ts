import { buildRouteTable } from '../../decision/route/build-route-table.ts';
import { parsePathPattern } from '../../decision/route/path-pattern.ts';
import { NO_ROUTE, RouteHit } from '../../decision/route/route-hit.ts';
import type { RouteMatch } from '../../decision/route/route-match.ts';
import { RouteTable } from '../../decision/route/route-table.ts';
import { SampleRequest, samplePaths, sampleRequests } from '../../decision/route/sample-requests.ts';
import { NO_UPSTREAM } from '../compiled.ts';
import type { Finding, Lint, LintContext } from './lint.ts';
import { isProtected } from './route-policies.ts';

/** Combinations of hosts and protected paths that are looked at; in a config with more, some are not. */
const MOST_LOOKUPS = 200_000;

/** A route that wants no identity takes requests which, without it, would need one. */
export const openRouteInProtectedPath: Lint = {
  id: 'open-route-in-protected-path',
  *find(context) {
    const { compiled, policies } = context;
    const isOpen = compiled.routes.map(
      ({ forward }, route) => forward.upstream !== NO_UPSTREAM && !isProtected(policies[route] ?? []),
    );
    const guarded = compiled.routes.flatMap((_, route) =>
      isProtected(policies[route] ?? []) && isNarrow(compiled.matches[route]!) ? [route] : [],
    );
    if (guarded.length === 0) return;
    const pairs = new Map<number, number>();
    collectByPath(context, isOpen, guarded, pairs);
    collectByHost(context, isOpen, guarded, pairs);
    for (const [open, protectedBy] of [...pairs].sort(([a], [b]) => a - b)) yield finding(context, open, protectedBy);
  },
};

/** A route that protects everything says nothing about this path: what is open beside it is open on purpose. */
function isNarrow({ path }: RouteMatch): boolean {
  const pattern = parsePathPattern(path);
  return pattern.kind === 'regexp' || pattern.segments.some((segment) => segment !== null && segment !== '');
}

/** Requests of open routes that a protected one would have got. */
function collectByPath(
  { compiled, table }: LintContext,
  isOpen: readonly boolean[],
  guarded: readonly number[],
  pairs: Map<number, number>,
): void {
  const others = new RouteTable(buildRouteTable(guarded.map((route) => compiled.matches[route]!)));
  const hit = new RouteHit();
  for (const [route, match] of compiled.matches.entries()) {
    if (!isOpen[route]) continue;
    for (const sample of sampleRequests(match)) {
      const other = others.lookup(sample, hit);
      if (other === NO_ROUTE || table.lookup(sample, hit) !== route) continue;
      pairs.set(route, guarded[other]!);
      break;
    }
  }
}

/** Requests of protected routes for any host, on a host that an open route names: a host comes before any path. */
function collectByHost(
  { compiled, table }: LintContext,
  isOpen: readonly boolean[],
  guarded: readonly number[],
  pairs: Map<number, number>,
): void {
  const hosts = [...new Set(compiled.matches.flatMap(({ hosts }, route) => (isOpen[route] ? hosts : [])))];
  const hit = new RouteHit();
  let lookups = 0;
  for (const route of guarded) {
    const match = compiled.matches[route]!;
    if (match.hosts.length > 0) continue;
    const [path] = samplePaths(match.path);
    if (path === undefined) continue;
    for (const host of hosts) {
      if (lookups++ > MOST_LOOKUPS) return;
      const name = host.startsWith('*.') ? `sample${host.slice(1)}` : host;
      const found = table.lookup(new SampleRequest(match.methods[0] ?? 'GET', name, path, match), hit);
      if (found !== NO_ROUTE && isOpen[found] && !pairs.has(found)) pairs.set(found, route);
    }
  }
}

function finding({ compiled }: LintContext, open: number, protectedBy: number): Finding {
  const { name, source, path } = compiled.routes[protectedBy]!;
  const message = `the route asks for no identity and takes requests that route ${name} (${path} at ${source}) would protect`;
  return { path: ['routes', open], message };
}
