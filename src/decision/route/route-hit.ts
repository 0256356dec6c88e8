import type { RouteId } from '../../brand.ts';
import { SLASH } from '../../shared-memory/route-table-layout.ts';
import type { RouteTableReader } from '../../shared-memory/route-table-reader.ts';

/** No route. */
export const NO_ROUTE = -1;

/**
 * What a lookup found; made once per exchange or per process and filled again by every lookup. The places of the captured
 * parameters are worked out when first asked for, since most routes never ask: a parameter is a whole segment, so its number
 * among the path's segments says where it is.
 *
 * Valid as long as the table that filled it.
 */
export class RouteHit {
  route: RouteId | typeof NO_ROUTE = NO_ROUTE;
  #table: RouteTableReader | null = null;
  #path = '';
  /** The route's list of parameters: 0 for none, -1 for not asked yet. */
  #list = 0;
  #areFound = false;
  /** Start and end of each parameter in the path. */
  readonly #places: number[] = [];

  /** Called by the route table alone. */
  fill(table: RouteTableReader, route: RouteId | typeof NO_ROUTE, path: string): void {
    this.route = route;
    this.#table = table;
    this.#path = path;
    this.#list = -1;
    this.#areFound = false;
  }

  get parameterCount(): number {
    if (this.#table === null || this.route === NO_ROUTE) return 0;
    if (this.#list < 0) this.#list = this.#table.parameters(this.route);
    return this.#list === 0 ? 0 : this.#table.field(this.#list, 0);
  }

  /** Name of the n-th parameter, left to right, as the config writes it; like its place, only for n below the count. */
  parameterName(index: number): string {
    if (!this.#areFound) this.#find();
    return this.#table!.string(this.#table!.item(this.#list, 2 * index + 1));
  }

  /** Index in the path of the parameter's first character. */
  parameterStart(index: number): number {
    if (!this.#areFound) this.#find();
    return this.#places[2 * index];
  }

  /** Index in the path behind the parameter's last character. */
  parameterEnd(index: number): number {
    if (!this.#areFound) this.#find();
    return this.#places[2 * index + 1];
  }

  /** The text of a parameter as it stands in the normalised path, escapes and all; null when the route has none of this name. */
  parameter(name: string): string | null {
    for (let i = 0; i < this.parameterCount; i++) {
      if (this.parameterName(i) === name) return this.#path.slice(this.parameterStart(i), this.parameterEnd(i));
    }
    return null;
  }

  #find(): void {
    const count = this.parameterCount;
    let start = 1;
    let segment = 0;
    for (let i = 0; i < count; i++) {
      for (const wanted = this.#table!.item(this.#list, 2 * i); segment < wanted; segment++) {
        start = segmentEnd(this.#path, start) + 1;
      }
      this.#places[2 * i] = start;
      this.#places[2 * i + 1] = segmentEnd(this.#path, start);
    }
    this.#areFound = true;
  }
}

/** Index of the next slash at or after `from`, or the path's length. */
function segmentEnd(path: string, from: number): number {
  let end = from;
  while (end < path.length && path.charCodeAt(end) !== SLASH) end++;
  return end;
}
