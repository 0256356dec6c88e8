/**
 * What one load of a config leaves for the next: of routes that stand in it unchanged, what followed from them alone.
 *
 *   value as written ─ references ─► value ─ schema ─► ParsedRoute: Route, and what the compile makes of it
 *        │                             └ the same again: what is behind it holds
 *        └ the same object (see source/json-source.ts): a route that is known
 *
 * Nothing of it is ever visible: a load that knows nothing reports and compiles the same. It holds one config, the last that
 * was loaded.
 */
import { isDeepStrictEqual } from 'node:util';
import { align } from '../align.ts';
import { claimsOf } from '../decision/route/indistinguishable-routes.ts';
import { type PathPattern, parsePathPattern } from '../decision/route/path-pattern.ts';
import type { RouteMatch } from '../decision/route/route-match.ts';
import type { StoredRoute } from './compiled.ts';
import { route as routeSchema } from './schema/routes.ts';
import type { Route } from './schema/schema.ts';
import { isRecord } from './source/source.ts';

/** A route that passed the schema, with what was made of it so far. */
export class ParsedRoute {
  readonly route: Route;
  readonly match: RouteMatch;
  /** What it was compiled to last; null: it was not. */
  record: StoredRoute | null = null;
  #pattern: PathPattern | null = null;
  #claims: readonly string[] | null = null;

  constructor(route: Route) {
    const { hosts, path, methods, headers, query } = route.match;
    this.route = route;
    this.match = { hosts, path, methods, headers, query };
  }

  get pattern(): PathPattern {
    this.#pattern ??= parsePathPattern(this.match.path);
    return this.#pattern;
  }

  /** What no other route may have: its name, and what `claimsOf` says. */
  get claims(): readonly string[] {
    this.#claims ??= [this.route.name, ...claimsOf(this.match, this.pattern)];
    return this.#claims;
  }
}

/** One route, as it was written. */
export class KnownRoute {
  /** The load that it was seen in last. */
  seenIn = 0;
  /** What of it stands among the claims of all. */
  claimed: readonly string[] | null = null;
  /** It holds no references. */
  isPlain = false;
  /** Checked without a complaint, beside this. */
  checkedBeside: object | null = null;
  #value: unknown = null;
  #parsed: ParsedRoute | null = null;

  get parsed(): ParsedRoute | null {
    return this.#parsed;
  }

  /** The value that it had before, when that is equal: what followed from it holds. */
  recall(resolved: unknown): unknown {
    if (isDeepStrictEqual(this.#value, resolved)) return this.#value;
    this.checkedBeside = null;
    return resolved;
  }

  /** Null: it does not pass the schema. @param value what it is with its references replaced */
  parse(value: unknown): ParsedRoute | null {
    if (this.#parsed !== null && this.#value === value) return this.#parsed;
    const { data } = routeSchema.safeParse(value);
    this.#value = value;
    this.#parsed = data === undefined ? null : new ParsedRoute(data);
    return this.#parsed;
  }
}

/** What a route is checked against. */
export interface Surroundings {
  readonly upstreams: readonly string[];
  /** `policies`, with references replaced. */
  readonly lists: unknown;
}

export class KnownRoutes {
  #load = 0;
  /** As written. */
  #values: readonly unknown[] = [];
  #routes: readonly KnownRoute[] = [];
  /** Claims of all routes of `#claimants`, each once. */
  readonly #claims = new Set<string>();
  #claimants: readonly KnownRoute[] = [];
  #surroundings: Surroundings = { upstreams: [], lists: undefined };

  /** By index: those of the config that is loaded now. */
  get routes(): readonly KnownRoute[] {
    return this.#routes;
  }

  /** Begins with another config, or another version of it. @param values its routes as written */
  begin(values: unknown): void {
    const list: readonly unknown[] = Array.isArray(values) ? values : [];
    const indexes = align(this.#values, list);
    const load = ++this.#load;
    this.#routes = list.map((value, index) => {
      const before = isRecord(value) ? this.#routes[indexes[index]!] : undefined;
      const known = before === undefined || before.seenIn === load ? new KnownRoute() : before;
      known.seenIn = load;
      return known;
    });
    this.#values = list;
  }

  /** Whether no two routes, all of which have parsed, share a name or could take the same request. */
  areDistinct(): boolean {
    for (const known of this.#claimants) {
      if (known.claimed === null || (known.seenIn === this.#load && known.claimed === known.parsed?.claims)) continue;
      for (const claim of known.claimed) this.#claims.delete(claim);
      known.claimed = null;
    }
    this.#claimants = this.#routes;
    if (this.#routes.every((known) => known.claimed !== null || this.#claim(known))) return true;
    this.#claims.clear();
    for (const known of this.#routes) known.claimed = null;
    return false;
  }

  #claim(known: KnownRoute): boolean {
    const claims = known.parsed!.claims;
    const before = this.#claims.size;
    for (const claim of claims) this.#claims.add(claim);
    known.claimed = claims;
    return this.#claims.size === before + claims.length;
  }

  /** From now on, what is checked is checked beside this. */
  surround(surroundings: Surroundings): void {
    if (!isDeepStrictEqual(this.#surroundings, surroundings)) this.#surroundings = surroundings;
  }

  /** Whether a check that takes a route and its surroundings would say nothing. */
  isChecked(index: number): boolean {
    return this.#routes[index]?.checkedBeside === this.#surroundings;
  }

  /** All of them were checked, and nothing was said. */
  markChecked(): void {
    for (const known of this.#routes) known.checkedBeside = this.#surroundings;
  }
}
