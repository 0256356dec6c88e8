/** How far ahead an item is looked for before it counts as new. */
const WINDOW = 8;

/**
 * Goes through a list beside an earlier version of it and finds each item there. Fast when most of them are the same in the same
 * order, whatever was added, taken out or replaced; an item that was moved far may count as new.
 */
export class Alignment<Item> {
  readonly #earlier: readonly Item[];
  #indexes: Map<Item, number> | null = null;
  #next = 0;
  #misses = 0;

  constructor(earlier: readonly Item[]) {
    this.#earlier = earlier;
  }

  /** Where the next item most likely stood: from here up to, not including, `end`. */
  get begin(): number {
    return this.#next;
  }

  get end(): number {
    return Math.min(this.#earlier.length, this.#next + WINDOW);
  }

  /** The next item is the one that stood there. */
  found(index: number): void {
    this.#next = index + 1;
    this.#misses = 0;
  }

  /** The next item stands nowhere near. @returns where it stood then, or -1 */
  search(item: Item): number {
    if (++this.#misses <= WINDOW) return -1;
    this.#indexes ??= new Map(this.#earlier.map((one, index) => [one, index]));
    const index = this.#indexes.get(item) ?? -1;
    if (index !== -1) this.found(index);
    return index;
  }
}

/** Where the items of a list stood in an earlier version of it: their index there, or -1. */
export function align(earlier: readonly unknown[], now: readonly unknown[]): Int32Array {
  const alignment = new Alignment(earlier);
  const found = new Int32Array(now.length);
  for (let at = 0; at < now.length; at++) {
    const index = indexOfNear(earlier, now[at], alignment);
    if (index === -1) found[at] = alignment.search(now[at]);
    else {
      found[at] = index;
      alignment.found(index);
    }
  }
  return found;
}

function indexOfNear(items: readonly unknown[], item: unknown, { begin, end }: Alignment<unknown>): number {
  for (let at = begin; at < end; at++) if (items[at] === item) return at;
  return -1;
}
