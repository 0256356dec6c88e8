/**
 * Stand-in for `src/decision/route/build-route-table.ts`, with its signatures, until the route table is there.
 * To be replaced by imports from that file.
 */
import type { RouteId } from '../brand.ts';
import type { RouteMatch } from '../decision/route/route-match.ts';

export function buildRouteTable(matches: readonly RouteMatch[]): Uint8Array {
  return new Uint8Array(new Int32Array(4).fill(matches.length).buffer);
}

export function findIndistinguishableRoutes(matches: readonly RouteMatch[]): readonly (readonly [RouteId, RouteId])[] {
  const seen = new Map<string, number>();
  const pairs: [RouteId, RouteId][] = [];
  for (const [index, { hosts, path, methods, headers, query }] of matches.entries()) {
    const shape = path.startsWith('~') ? path : path.replace(/\{[^}]*\}/g, '{}');
    const key = JSON.stringify([[...hosts].sort(), shape, [...methods].sort(), [...headers].sort(), [...query].sort()]);
    const first = seen.get(key);
    if (first === undefined) seen.set(key, index);
    else pairs.push([first as RouteId, index as RouteId]);
  }
  return pairs;
}
