import type { RequestFacts, RouteMatch } from '../../../../src/decision/route/route-match.ts';

/** The winner as the reference sees it: the index of the route and what its parameters hold. */
export interface ReferenceHit {
  readonly route: number;
  readonly parameters: Readonly<Record<string, string>>;
}

/** Ranks are compared item by item; the smaller one wins. */
type Rank = readonly number[];

/**
 * The precedence of DESIGN section 5, written as the sentence reads: keep every route that matches, give each a rank, take the
 * smallest. It shares no code with the table.
 */
export function referenceLookup(matches: readonly RouteMatch[], facts: RequestFacts): ReferenceHit | null {
  let best: { rank: Rank; hit: ReferenceHit } | null = null;
  matches.forEach((match, route) => {
    const path = matchPath(match.path, facts.path);
    if (path === null || !conditionsHold(match, facts)) return;
    for (const host of match.hosts.length === 0 ? [''] : match.hosts) {
      const hostRank = rankHost(host, facts.host);
      if (hostRank === null) continue;
      const rank = [...hostRank, ...pathRank(matches, match, host, path.rank), ...conditionRank(match), route];
      if (best === null || compare(rank, best.rank) < 0) best = { rank, hit: { route, parameters: path.parameters } };
    }
  });
  return (best as { hit: ReferenceHit } | null)?.hit ?? null;
}

/** The methods that would have made some route match. */
export function referenceAllowedMethods(matches: readonly RouteMatch[], facts: RequestFacts): string[] {
  const allowed = matches
    .filter((match) => matchPath(match.path, facts.path) !== null)
    .filter((match) => conditionsHold({ ...match, methods: [] }, facts))
    .filter((match) => match.hosts.length === 0 || match.hosts.some((host) => rankHost(host, facts.host) !== null))
    .flatMap((match) => match.methods);
  return [...new Set(allowed)].sort();
}

function rankHost(wanted: string, host: string): Rank | null {
  if (wanted === '') return [2, 0];
  if (wanted.startsWith('*.')) {
    const suffix = wanted.slice(1);
    return host.length > suffix.length && host.endsWith(suffix) ? [1, -suffix.length] : null;
  }
  return wanted === host ? [0, 0] : null;
}

function matchPath(pattern: string, path: string): { rank: Rank; parameters: Record<string, string> } | null {
  if (pattern.startsWith('~')) return new RegExp(pattern.slice(1)).test(path) ? { rank: [3], parameters: {} } : null;
  const isPrefix = pattern.endsWith('/*');
  const wanted = (isPrefix ? pattern.slice(0, -2) : pattern).split('/').slice(1);
  const given = path.split('/').slice(1);
  if (isPrefix ? given.length < wanted.length : given.length !== wanted.length) return null;

  const parameters: Record<string, string> = {};
  const shape: number[] = [];
  for (let i = 0; i < wanted.length; i++) {
    const isParameter = wanted[i].startsWith('{');
    if (isParameter ? given[i] === '' : given[i] !== wanted[i]) return null;
    if (isParameter) parameters[wanted[i].slice(1, -1)] = given[i];
    shape.push(isParameter ? 1 : 0);
  }
  if (isPrefix) return { rank: [2, -wanted.length, ...shape], parameters };
  return { rank: [shape.includes(1) ? 1 : 0, 0, ...shape], parameters };
}

/** Regular expressions rank by where the expression first stands in the file among the routes of this host. */
function pathRank(matches: readonly RouteMatch[], match: RouteMatch, host: string, rank: Rank): Rank {
  if (!match.path.startsWith('~')) return rank;
  const hostsOf = (other: RouteMatch) => (other.hosts.length === 0 ? [''] : other.hosts);
  return [...rank, matches.findIndex((other) => other.path === match.path && hostsOf(other).includes(host))];
}

function conditionRank(match: RouteMatch): Rank {
  return [match.methods.length > 0 ? 0 : 1, -match.headers.length, -match.query.length];
}

function conditionsHold(match: RouteMatch, facts: RequestFacts): boolean {
  const query = new URLSearchParams(facts.query ?? '');
  return (
    (match.methods.length === 0 || match.methods.includes(facts.method)) &&
    match.headers.every(([name, value]) => facts.header(name) === value) &&
    match.query.every(([name, value]) => query.get(name) === value)
  );
}

function compare(a: Rank, b: Rank): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++) if (a[i] !== b[i]) return a[i] - b[i];
  return a.length - b.length;
}
