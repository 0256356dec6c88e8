import type { RequestFacts, RouteMatch } from '../../../../src/decision/route/route-match.ts';

/** Request facts for tests: only what a test is about needs saying. */
export function facts(
  given: Partial<Omit<RequestFacts, 'header'>> & { headers?: Record<string, string> },
): RequestFacts {
  return {
    method: given.method ?? 'GET',
    host: given.host ?? 'example.test',
    path: given.path ?? '/',
    query: given.query ?? null,
    header: (name) => given.headers?.[name] ?? null,
  };
}

/** A route match that asks for nothing but what is given. */
export function route(path: string, given: Partial<RouteMatch> = {}): RouteMatch {
  return { hosts: [], methods: [], headers: [], query: [], ...given, path };
}
