import type { RouteId } from '../../brand.ts';
import { CANDIDATE, HEADER, HOST, NODE, OTHER_METHOD } from '../../shared-memory/route-table-layout.ts';
import { RouteTableReader } from '../../shared-memory/route-table-reader.ts';
import { compileLinearRegExp } from './linear-regexp.ts';
import { hasQueryParameter } from './query-parameter.ts';
import { NO_ROUTE, type RouteHit } from './route-hit.ts';
import type { RequestFacts } from './route-match.ts';
import { ScannedHost } from './scanned-host.ts';
import { ScannedPath } from './scanned-path.ts';

type Found = RouteId | typeof NO_ROUTE;

/**
 * The routes of one snapshot, looked up in the bytes that buildRouteTable made, without building objects and without allocating.
 *
 * Of all routes whose every condition holds, a lookup finds the first in the order of DESIGN section 5. It gets there by walking in that
 * order: the exact host, then suffixes from the longest, then any host; within a host one walk down the trie, the literal child before the
 * parameter. A route that ends where the path ends wins at once. Prefixes passed on the way are weighed going back up, where
 * the longer one wins and among equals the one met first; regular expressions come last.
 */
export class RouteTable {
  readonly #table: RouteTableReader;
  readonly #methods: readonly string[];
  readonly #regexps = new Map<number, RegExp>();
  readonly #hasHosts: boolean;
  readonly #hasSuffixes: boolean;
  readonly #anyHost: number;
  readonly #path = new ScannedPath();
  readonly #host = new ScannedHost();
  /** State of the lookup in progress. */
  #methodBit = 0;
  #prefixRoute: Found = NO_ROUTE;
  #prefixDepth = -1;
  #isCollecting = false;
  #collectedBits = 0;

  /** `bytes`: what buildRouteTable made, aligned to four bytes; may be memory that is mapped read-only. */
  constructor(bytes: Uint8Array) {
    this.#table = new RouteTableReader(bytes);
    const methods = this.#table.header(HEADER.METHODS);
    const count = this.#table.header(HEADER.METHOD_COUNT);
    this.#methods = Array.from({ length: count }, (_, i) => this.#table.string(this.#table.item(methods, i)));
    this.#hasHosts = this.#table.header(HEADER.HOST_SLOT_COUNT) > 0;
    this.#hasSuffixes = this.#table.header(HEADER.HAS_SUFFIXES) === 1;
    this.#anyHost = this.#table.header(HEADER.ANY_HOST);
  }

  /** The route of a request, or -1. `hit` is filled either way. */
  lookup(facts: RequestFacts, hit: RouteHit): Found {
    this.#methodBit = this.#bitOf(facts.method);
    const route = this.#search(facts);
    hit.fill(this.#table, route, facts.path);
    return route;
  }

  /** Methods of the routes that would take this request but for its method, in no particular order; empty when there is none. */
  allowedMethods(facts: RequestFacts): string[] {
    this.#methodBit = 0;
    this.#collectedBits = 0;
    this.#isCollecting = true;
    this.#search(facts);
    this.#isCollecting = false;
    return this.#methods.filter((_, bit) => (this.#collectedBits & (1 << bit)) !== 0);
  }

  #bitOf(method: string): number {
    const methods = this.#methods;
    for (let bit = 0; bit < methods.length; bit++) if (methods[bit] === method) return 1 << bit;
    return OTHER_METHOD;
  }

  #search(facts: RequestFacts): Found {
    this.#path.scan(facts.path);
    const table = this.#table;
    if (this.#hasHosts) {
      const host = this.#host;
      host.scan(facts.host);
      const exact = this.#searchHost(table.host(host.hash, host.bytes, 0, host.length), facts);
      if (exact !== NO_ROUTE) return exact;
      for (let i = this.#hasSuffixes ? host.suffixes - 1 : -1; i >= 0; i--) {
        const found = this.#searchHost(table.host(host.hashes[i], host.bytes, host.starts[i], host.length), facts);
        if (found !== NO_ROUTE) return found;
      }
    }
    return this.#searchHost(this.#anyHost, facts);
  }

  #searchHost(record: number, facts: RequestFacts): Found {
    if (record === 0) return NO_ROUTE;
    this.#prefixRoute = NO_ROUTE;
    this.#prefixDepth = -1;
    const ending = this.#descend(this.#table.field(record, HOST.ROOT), 0, facts);
    if (ending !== NO_ROUTE) return ending;
    if (this.#prefixRoute !== NO_ROUTE) return this.#prefixRoute;
    return this.#searchRegExps(this.#table.field(record, HOST.REGEXPS), facts);
  }

  /**
   * The route that ends where the path ends, below this node whose label begins at `from`; prefixes are noted on the way back.
   * A branch is tried only where the path allows it, and no node twice, so the work is bounded by the table whatever is asked.
   */
  #descend(node: number, from: number, facts: RequestFacts): Found {
    const table = this.#table;
    const path = this.#path;
    if (!table.hasLabel(node, path.bytes, from, facts.path.length)) return NO_ROUTE;
    const depth = table.depth(node);
    if (depth === path.segments) {
      const route = this.#firstMatch(table.field(node, NODE.TERMINAL), facts);
      if (route !== NO_ROUTE) return route;
    } else {
      const next = path.starts[depth];
      const hash = path.hashes[depth];
      for (let child = table.literalChild(node, hash, 0); child !== 0; child = table.literalChild(node, hash, child)) {
        const route = this.#descend(child, next, facts);
        if (route !== NO_ROUTE) return route;
      }
      const parameter = table.field(node, NODE.PARAMETER);
      if (parameter !== 0) {
        const route = this.#descend(parameter, next, facts);
        if (route !== NO_ROUTE) return route;
      }
    }
    const prefix = table.field(node, NODE.PREFIX);
    if (prefix !== 0 && table.depth(node) > this.#prefixDepth) this.#notePrefix(node, prefix, facts);
    return NO_ROUTE;
  }

  #notePrefix(node: number, candidates: number, facts: RequestFacts): void {
    const route = this.#firstMatch(candidates, facts);
    if (route === NO_ROUTE) return;
    this.#prefixRoute = route;
    this.#prefixDepth = this.#table.depth(node);
  }

  #searchRegExps(list: number, facts: RequestFacts): Found {
    if (list === 0) return NO_ROUTE;
    const count = this.#table.field(list, 0);
    for (let i = 0; i < count; i++) {
      if (!this.#regexp(this.#table.item(list, 2 * i)).test(facts.path)) continue;
      const route = this.#firstMatch(this.#table.item(list, 2 * i + 1), facts);
      if (route !== NO_ROUTE) return route;
    }
    return NO_ROUTE;
  }

  #regexp(source: number): RegExp {
    let regexp = this.#regexps.get(source);
    if (regexp === undefined) {
      regexp = compileLinearRegExp(this.#table.string(source));
      this.#regexps.set(source, regexp);
    }
    return regexp;
  }

  /** The first of some candidates (0: none) that takes the request's method, headers and query. */
  #firstMatch(candidates: number, facts: RequestFacts): Found {
    const table = this.#table;
    for (let candidate = candidates; candidate !== 0; candidate = table.nextCandidate(candidate)) {
      const methods = table.field(candidate, CANDIDATE.METHODS);
      const takesMethod = (methods & this.#methodBit) !== 0;
      if (!takesMethod && !this.#isCollecting) continue;
      const conditions = table.field(candidate, CANDIDATE.CONDITIONS);
      if (conditions !== 0 && !this.#conditionsHold(conditions, facts)) continue;
      if (takesMethod) return table.candidateRoute(candidate);
      this.#collectedBits |= methods;
    }
    return NO_ROUTE;
  }

  #conditionsHold(conditions: number, facts: RequestFacts): boolean {
    const table = this.#table;
    const counts = table.field(conditions, 0);
    const headers = counts & 0xffff;
    const all = headers + (counts >>> 16);
    for (let i = 0; i < all; i++) {
      const name = table.string(table.item(conditions, 2 * i));
      const value = table.string(table.item(conditions, 2 * i + 1));
      if (i < headers) {
        if (facts.header(name) !== value) return false;
      } else if (facts.query === null || !hasQueryParameter(facts.query, name, value)) return false;
    }
    return true;
  }
}
