import { isDeepStrictEqual } from 'node:util';
import { buildRouteTable } from '../decision/route/build-route-table.ts';
import type { EncodedConfig } from '../shared-memory/config-image.ts';
import type { ParsedRoute } from './known-routes.ts';
import { LoadMemory } from './load-memory.ts';

/**
 * What compiles of the same config leave for each other: see `known-routes.ts`. Whatever it holds, an image comes out byte for
 * byte as it would without.
 */
export class CompileMemory {
  readonly load = new LoadMemory();
  encoded: EncodedConfig | null = null;
  #routes: readonly ParsedRoute[] = [];
  #table: Uint8Array | null = null;

  /**
   * The table of these routes: the last one when they want the same requests, one after the other.
   *
   * @throws as `buildRouteTable`
   */
  routeTable(routes: readonly ParsedRoute[]): Uint8Array {
    const before = this.#routes;
    const isSame = before.length === routes.length && routes.every((route, id) => haveSameMatch(route, before[id]!));
    this.#routes = routes;
    if (this.#table !== null && isSame) return this.#table;
    this.#table = null;
    this.#table = buildRouteTable(
      routes.map(({ match }) => match),
      routes.map(({ pattern }) => pattern),
    );
    return this.#table;
  }
}

function haveSameMatch(a: ParsedRoute, b: ParsedRoute): boolean {
  return a === b || isDeepStrictEqual(a.match, b.match);
}
