/** How far ahead an item is looked for before it counts as new. */
const WINDOW = 8;

/**
 * Where the items of a list stood in an earlier version of it: their index there, or -1. Fast when most of them are the same in
 * the same order, whatever was added, taken out or replaced; an item that was moved far may count as new.
 */
export function align(earlier: readonly unknown[], now: readonly unknown[]): Int32Array {
  const found = new Int32Array(now.length);
  let indexes: Map<unknown, number> | null = null;
  let next = 0;
  let misses = 0;
  for (let at = 0; at < now.length; at++) {
    let index = indexOfNear(earlier, now[at], next);
    if (index === -1 && ++misses > WINDOW) {
      indexes ??= new Map(earlier.map((item, before) => [item, before]));
      index = indexes.get(now[at]) ?? -1;
    }
    found[at] = index;
    if (index === -1) continue;
    next = index + 1;
    misses = 0;
  }
  return found;
}

function indexOfNear(items: readonly unknown[], item: unknown, from: number): number {
  const end = Math.min(items.length, from + WINDOW);
  for (let at = from; at < end; at++) if (items[at] === item) return at;
  return -1;
}
