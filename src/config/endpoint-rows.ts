/**
 * Which row of the endpoint table belongs to an endpoint.
 *
 * An endpoint keeps its row while the gateway runs, whatever is published, by the names of its upstream and its own: that it
 * is ejected is not forgotten because somebody reloads. There is room for `runtime.memory.endpoints` of them; those that come
 * when it is used up have no row. A row is given to nobody else when its endpoint is gone: acceptors that drain still count in it.
 */
import type { EndpointRow } from '../brand.ts';
import { NO_ROW } from '../shared-memory/endpoint-table.ts';

/** Plain data, so that it can go to a worker thread and back. */
export interface EndpointRowsState {
  readonly capacity: number;
  /** By row. */
  readonly keys: readonly string[];
}

/** @param endpoint null: the row of the upstream as a whole */
export type AssignRow = (upstream: string, endpoint: string | null) => EndpointRow;

export class EndpointRows {
  readonly #capacity: number;
  readonly #rows = new Map<string, EndpointRow>();
  /** Endpoints that found no room. */
  refused = 0;

  constructor({ capacity, keys }: EndpointRowsState) {
    this.#capacity = capacity;
    for (const [row, key] of keys.entries()) this.#rows.set(key, row as EndpointRow);
  }

  assign(upstream: string, endpoint: string | null): EndpointRow {
    const key = `${upstream} ${endpoint ?? ''}`;
    const known = this.#rows.get(key);
    if (known !== undefined) return known;
    if (this.#rows.size >= this.#capacity) {
      this.refused++;
      return NO_ROW;
    }
    const row = this.#rows.size as EndpointRow;
    this.#rows.set(key, row);
    return row;
  }

  state(): EndpointRowsState {
    return { capacity: this.#capacity, keys: [...this.#rows.keys()] };
  }
}
