/** Names of a config as runbooks use them. Nothing of it is resolved from a reference, so nothing of it is secret. */
import type { Config, Route } from '../../../config/schema/schema.ts';

const MOST_LISTED = 20;

/** A name or a value as an argument of a shell. */
export function argument(text: string): string {
  return /^[\w./:@%+=-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/** A route to put into examples, and an upstream with an endpoint: real ones, where there are any. */
export interface Examples {
  readonly route: string;
  readonly upstream: string;
  readonly endpoint: string;
  /** Of a request that the route would take, as far as its pattern tells. */
  readonly request: string;
}

export function examplesOf({ routes, upstreams }: Config): Examples {
  const [route] = routes;
  const [upstream] = Object.entries(upstreams);
  return {
    route: route === undefined ? 'ROUTE' : argument(route.name),
    upstream: upstream === undefined ? 'UPSTREAM' : argument(upstream[0]),
    endpoint: argument(upstream?.[1].endpoints[0]?.url.name ?? 'http://HOST:PORT'),
    request: route === undefined ? 'GET URL' : requestOf(route),
  };
}

function requestOf({ match: { hosts, path, methods } }: Route): string {
  const host = hosts[0]?.replace('*', 'www') ?? 'localhost';
  const sample = path.startsWith('~') ? '/PATH' : path.replace(/\{[^}]*\}/g, '42').replace(/\*$/, '');
  return `${methods[0] ?? 'GET'} ${argument(`http://${host}${sample}`)}`;
}

/** `- route`, one a line, and how many more there are. */
export function listed<Item>(items: readonly Item[], line: (item: Item) => string): string[] {
  const more = items.length - MOST_LISTED;
  return [...items.slice(0, MOST_LISTED).map(line), ...(more > 0 ? [`and ${more} more`] : [])];
}

/** Routes that have one of these policies, by themselves or through a list. */
export function routesWith({ routes, policies }: Config, wanted: readonly string[]): Route[] {
  const has = (entry: object): boolean => Object.keys(entry).some((name) => wanted.includes(name));
  return routes.filter(({ policies: own }) =>
    own.some((entry) => (typeof entry === 'string' ? (policies[entry] ?? []).some(has) : has(entry))),
  );
}

/** A name in the text of a page. */
export function code(text: string): string {
  return `\`${text.replaceAll('`', "'")}\``;
}
