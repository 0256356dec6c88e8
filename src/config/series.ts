/**
 * Which metrics series a route or an upstream counts into.
 *
 * A name keeps its series while the gateway runs, whatever is published, so that its counters go on. There is room for
 * `runtime.memory.series` of them: names that come when it is used up share one series for all other routes, or one for
 * all other upstreams. Nothing is refused for that: traffic is worth more than its statistics.
 */
import type { SeriesId } from '../brand.ts';

export type SeriesKind = 'route' | 'upstream';

export interface SeriesName {
  readonly kind: SeriesKind;
  readonly name: string;
}

/** Plain data, so that it can go to a worker thread and back. */
export interface SeriesState {
  readonly capacity: number;
  /** By series id. */
  readonly names: readonly SeriesName[];
}

export type AssignSeries = (kind: SeriesKind, name: string) => SeriesId;

/** Has blanks, which no configured name can have. */
export const OTHERS = 'all others';

const SHARED: readonly SeriesName[] = [
  { kind: 'route', name: OTHERS },
  { kind: 'upstream', name: OTHERS },
];

/** What a gateway begins with. `capacity` is at least 2. */
export function emptySeries(capacity: number): SeriesState {
  return { capacity, names: SHARED };
}

export class SeriesBook {
  readonly #capacity: number;
  readonly #names: SeriesName[];
  readonly #ids = { route: new Map<string, SeriesId>(), upstream: new Map<string, SeriesId>() };

  constructor({ capacity, names }: SeriesState) {
    this.#capacity = capacity;
    this.#names = [...names];
    for (const [id, { kind, name }] of names.entries()) this.#ids[kind].set(name, id as SeriesId);
  }

  /** The name's series: the one it has, a new one, or the shared one when there is no room. */
  assign(kind: SeriesKind, name: string): SeriesId {
    const ids = this.#ids[kind];
    const known = ids.get(name);
    if (known !== undefined) return known;
    if (this.#names.length >= this.#capacity) return ids.get(OTHERS)!;
    const id = this.#names.push({ kind, name }) - 1;
    ids.set(name, id as SeriesId);
    return id as SeriesId;
  }

  state(): SeriesState {
    return { capacity: this.#capacity, names: [...this.#names] };
  }
}
