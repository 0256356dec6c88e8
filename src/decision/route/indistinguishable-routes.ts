import type { RouteId } from '../../brand.ts';
import { type PathPattern, parsePathPattern } from './path-pattern.ts';
import type { RouteMatch } from './route-match.ts';

/**
 * Pairs of routes between which only their order in the file decides, so that some request's way depends on an accident:
 * they share a host (or both name none), the path up to parameter names, and a method (or both name none), and they have
 * the same header and query conditions. Sharing one host or one method is enough, since for that host and method the
 * later route is dead.
 *
 * Each pair is (earlier, later), once, in the order of the later; a route is paired with the first that shadows it for
 * some host and method. Throws as parsePathPattern does.
 */
export function findIndistinguishableRoutes(matches: readonly RouteMatch[]): readonly (readonly [RouteId, RouteId])[] {
  const first = new Map<string, RouteId>();
  const pairs: (readonly [RouteId, RouteId])[] = [];
  matches.forEach((match, index) => {
    const route = index as RouteId;
    let shadowing: Set<RouteId> | null = null;
    for (const key of claimsOf(match, parsePathPattern(match.path))) {
      const earlier = first.get(key);
      if (earlier === undefined) first.set(key, route);
      else if (earlier !== route) (shadowing ??= new Set()).add(earlier);
    }
    if (shadowing === null) return;
    for (const earlier of [...shadowing].sort((a, b) => a - b)) pairs.push([earlier, route]);
  });
  return pairs;
}

/** One key for each host and method; two routes with a key in common cannot be told apart there. */
export function claimsOf(match: RouteMatch, pattern: PathPattern): readonly string[] {
  const rest = `${pathKey(pattern)}\0${pairsKey(match.headers)}\0${pairsKey(match.query)}`;
  const hosts = match.hosts.length === 0 ? ['*'] : match.hosts;
  const methods = match.methods.length === 0 ? ['*'] : match.methods;
  return hosts.flatMap((host) => methods.map((method) => `${host}\0${method}\0${rest}`));
}

function pathKey(pattern: PathPattern): string {
  if (pattern.kind === 'regexp') return `~${pattern.source}`;
  return `${pattern.kind}/${pattern.segments.map((segment) => segment ?? '{}').join('/')}`;
}

/** Conditions are a set: neither their order nor saying one twice makes a difference. */
function pairsKey(pairs: RouteMatch['headers']): string {
  return pairs.length === 0 ? '' : JSON.stringify([...new Set(pairs.map((pair) => JSON.stringify(pair)))].sort());
}
