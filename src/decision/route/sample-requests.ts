/** Requests that a route was written for: what lints and `diff` look up in route tables. */
import { parsePathPattern } from './path-pattern.ts';
import type { RequestFacts, RouteMatch } from './route-match.ts';
import { sampleOfRegExp } from './sample-of-regexp.ts';

/** Hosts of one route that are sampled. */
const MOST_HOSTS = 8;
/** Stands where a pattern leaves open what stands there: a word that no config names. */
const ANY = 'sample';
/** A method that no route names: what routes without methods take and no other does. */
const ANY_METHOD = 'SAMPLE';

/** A request in as far as routes look at it. */
export class SampleRequest implements RequestFacts {
  readonly method: string;
  readonly host: string;
  readonly path: string;
  readonly query: string | null;
  readonly headers: RouteMatch['headers'];

  constructor(method: string, host: string, path: string, match: Pick<RouteMatch, 'headers' | 'query'>) {
    this.method = method;
    this.host = host;
    this.path = path;
    this.headers = match.headers;
    this.query =
      match.query.length === 0
        ? null
        : match.query.map(([name, value]) => `${encode(name)}=${encode(value)}`).join('&');
  }

  header(name: string): string | null {
    return this.headers.find(([given]) => given === name)?.[1] ?? null;
  }

  /** `GET shop.example.com/catalog/sample`. */
  toString(): string {
    return `${this.method} ${this.host}${this.path}${this.query === null ? '' : `?${this.query}`}`;
  }
}

/**
 * For each of its hosts, forms of path and methods one request that meets every condition of the route. None for a regular
 * expression of which no example can be made.
 */
export function sampleRequests(match: RouteMatch): SampleRequest[] {
  const methods = match.methods.length === 0 ? ['GET', ANY_METHOD] : match.methods;
  const paths = samplePaths(match.path);
  return sampleHosts(match.hosts).flatMap((host) =>
    paths.flatMap((path) => methods.map((method) => new SampleRequest(method, host, path, match))),
  );
}

function sampleHosts(hosts: readonly string[]): string[] {
  if (hosts.length === 0) return [`${ANY}.invalid`];
  return hosts.slice(0, MOST_HOSTS).map((host) => (host.startsWith('*.') ? `${ANY}${host.slice(1)}` : host));
}

/** Paths that a pattern matches; of a prefix the path itself and some below it, deeper than templates go. */
export function samplePaths(path: string): string[] {
  const pattern = parsePathPattern(path);
  if (pattern.kind === 'regexp') {
    const example = sampleOfRegExp(pattern.source);
    return example === null ? [] : [example];
  }
  const base = pattern.segments.map((segment) => `/${segment ?? ANY}`).join('');
  if (pattern.kind === 'exact') return [base];
  const deep = `${base}/${ANY}/${ANY}/${ANY}/${ANY}`;
  return base === '' ? ['/', `/${ANY}`, deep] : [base, `${base}/`, `${base}/${ANY}`, deep];
}

function encode(text: string): string {
  return encodeURIComponent(text);
}
