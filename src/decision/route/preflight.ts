import type { RequestFacts } from './route-match.ts';

/**
 * The request that a CORS preflight asks about (Fetch standard, section 3.2.2), or null when this is none. A route that takes
 * `GET` alone never matches the `OPTIONS` before it: so the route of the request to come is looked up, and where that has a
 * `cors` policy it answers. Otherwise a preflight is an `OPTIONS` request like any other.
 */
export function requestToCome(facts: RequestFacts): RequestFacts | null {
  if (facts.method !== 'OPTIONS' || facts.header('origin') === null) return null;
  const method = facts.header('access-control-request-method');
  if (method === null) return null;
  const { host, path, query } = facts;
  return { method, host, path, query, header: (name) => facts.header(name) };
}

/** Whether a route answers preflights. @param policies names of its policies */
export function answersPreflights(policies: readonly string[]): boolean {
  return policies.includes('cors');
}
