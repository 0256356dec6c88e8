/** What a route asks of a request, as written in the config: hosts, path, methods, headers and query are all required to match. */
export interface RouteMatch {
  /** Lower-case host names without port: `shop.example.com` exact, `*.example.com` any name below it. Empty: any host. */
  readonly hosts: readonly string[];
  /**
   * `/a` exact; `/a/*` prefix by whole segments; `/users/{id}` template (a parameter is one non-empty segment; a template
   * may end in `/*` and is then a prefix); `~^/v[0-9]+/` regular expression on the whole path.
   */
  readonly path: string;
  /** Upper-case method tokens. Empty: any method. */
  readonly methods: readonly string[];
  /** Lower-case header names with the exact value required. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** Query parameters, percent-decoded, with the exact value required. */
  readonly query: readonly (readonly [name: string, value: string])[];
}

/** What the route table wants to know of a request. */
export interface RequestFacts {
  /** Upper-case method token. */
  readonly method: string;
  /** Lower-case host name without port and without a trailing dot. */
  readonly host: string;
  /** The normalised path (see normalise-path.ts). */
  readonly path: string;
  /** The raw query string without `?`, or null when there is none. */
  readonly query: string | null;
  /** All values of a header joined by `, `, or null. Asked only for routes that have header conditions. */
  header(name: string): string | null;
}
