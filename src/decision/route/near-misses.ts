/**
 * Why other routes did not get a request: for those whose path fits it. The route table finds the winner without ever comparing
 * routes, so this judges every route by the sentence of DESIGN section 5 - which is what people read, too.
 */
import type { RouteId } from '../../brand.ts';
import { compileLinearRegExp } from './linear-regexp.ts';
import { parsePathPattern } from './path-pattern.ts';
import { hasQueryParameter } from './query-parameter.ts';
import type { RequestFacts, RouteMatch } from './route-match.ts';

/** A route that lost. */
export interface NearMiss {
  readonly route: RouteId;
  /** What of the request it does not take; empty: it takes all of it, and another route comes before it. */
  readonly unmet: readonly Unmet[];
  /** Why the winner comes before it; null when it does not take the request anyway. */
  readonly outranked: Outranked | null;
}

export interface Unmet {
  readonly condition: 'host' | 'method' | 'header' | 'query';
  /** Name of the header or query parameter; empty for the others. */
  readonly name: string;
  /** What the route asks for, from the config. */
  readonly expected: readonly string[];
}

export type Outranked = 'host' | 'path' | 'methods' | 'headers' | 'query' | 'order';

/** Ranks compare item by item, smaller first. */
type Rank = readonly number[];

/**
 * The routes whose path fits the request, without the winner: those that take all of it first, then by how little is missing, in
 * file order.
 *
 * @param winner -1: there is none
 */
export function findNearMisses(matches: readonly RouteMatch[], facts: RequestFacts, winner: number): NearMiss[] {
  const given = facts.path.split('/').slice(1);
  const won = matches[winner];
  const wonRank = won === undefined ? null : pathRank(won.path, given, facts.path);
  const found: NearMiss[] = [];
  matches.forEach((match, route) => {
    if (route === winner) return;
    const rank = pathRank(match.path, given, facts.path);
    if (rank === null) return;
    const unmet = unmetConditions(match, facts);
    const isBeaten = unmet.length === 0 && won !== undefined;
    const outranked = isBeaten ? reasonFor([won, wonRank!], [match, rank], facts.host) : null;
    found.push({ route: route as RouteId, unmet, outranked });
  });
  return found.sort((a, b) => a.unmet.length - b.unmet.length);
}

/** How exactly a pattern fits a path, or null when it does not. */
function pathRank(pattern: string, given: readonly string[], path: string): Rank | null {
  // Most of 100,000 routes leave here.
  const literal = /^\/([A-Za-z0-9_-]+)\//.exec(pattern)?.[1];
  if (literal !== undefined && literal !== given[0]) return null;
  const parsed = parsePathPattern(pattern);
  if (parsed.kind === 'regexp') return compileLinearRegExp(parsed.source).test(path) ? [3] : null;
  const { kind, segments } = parsed;
  if (kind === 'prefix' ? given.length < segments.length : given.length !== segments.length) return null;
  const fits = segments.every((segment, at) => (segment === null ? given[at] !== '' : segment === given[at]));
  if (!fits) return null;
  const shape = segments.map((segment) => (segment === null ? 1 : 0));
  if (kind === 'prefix') return [2, -segments.length, ...shape];
  return [shape.includes(1) ? 1 : 0, ...shape];
}

function unmetConditions({ hosts, methods, headers, query }: RouteMatch, facts: RequestFacts): Unmet[] {
  const unmet: Unmet[] = [];
  if (hostRank(hosts, facts.host) === null) unmet.push({ condition: 'host', name: '', expected: hosts });
  if (methods.length > 0 && !methods.includes(facts.method))
    unmet.push({ condition: 'method', name: '', expected: methods });
  for (const [name, value] of headers)
    if (facts.header(name) !== value) unmet.push({ condition: 'header', name, expected: [value] });
  for (const [name, value] of query)
    if (facts.query === null || !hasQueryParameter(facts.query, name, value))
      unmet.push({ condition: 'query', name, expected: [value] });
  return unmet;
}

/** How exactly the best of some host patterns names a host; null: none does. */
function hostRank(hosts: readonly string[], host: string): number | null {
  if (hosts.length === 0) return 1;
  let best: number | null = null;
  for (const pattern of hosts) {
    const fits = pattern.startsWith('*.')
      ? host.length >= pattern.length && host.endsWith(pattern.slice(1))
      : pattern === host;
    if (!fits) continue;
    const rank = pattern.startsWith('*.') ? -pattern.length : Number.NEGATIVE_INFINITY;
    best = best === null ? rank : Math.min(best, rank);
  }
  return best;
}

function reasonFor([won, wonRank]: [RouteMatch, Rank], [lost, lostRank]: [RouteMatch, Rank], host: string): Outranked {
  if (hostRank(won.hosts, host) !== hostRank(lost.hosts, host)) return 'host';
  if (wonRank.length !== lostRank.length || wonRank.some((step, at) => step !== lostRank[at])) return 'path';
  if (won.methods.length > 0 !== lost.methods.length > 0) return 'methods';
  if (won.headers.length !== lost.headers.length) return 'headers';
  return won.query.length !== lost.query.length ? 'query' : 'order';
}
