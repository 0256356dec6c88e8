/**
 * How many requests one key made at most within any window of some lengths. Exact: the moments within the longest window are
 * kept, and each window has the place of its first one:
 *
 *   moments  | . . . . . . . . . . . . . . |        a new one comes in at the end
 *              ^1 h        ^1 min    ^1 s           heads move on to the first moment that the window still holds
 */
export class KeyHistory {
  /** All requests so far. */
  total = 0;
  /** Most requests within any window, by the window's index. */
  readonly peaks: number[];
  readonly #windows: readonly number[];
  readonly #heads: number[];
  #moments: number[] = [];

  /** @param windows lengths in milliseconds */
  constructor(windows: readonly number[]) {
    this.#windows = windows;
    this.peaks = windows.map(() => 0);
    this.#heads = windows.map(() => 0);
  }

  /** @param moment milliseconds; none before the last one */
  add(moment: number): void {
    const moments = this.#moments;
    const heads = this.#heads;
    this.total++;
    moments.push(moment);
    let first = moments.length;
    for (let i = 0; i < heads.length; i++) {
      let head = heads[i]!;
      // A window is open at its beginning: two requests just its length apart are never both in one.
      const begin = moment - this.#windows[i]!;
      while (moments[head]! <= begin) head++;
      heads[i] = head;
      const count = moments.length - head;
      if (count > this.peaks[i]!) this.peaks[i] = count;
      if (head < first) first = head;
    }
    if (first > 1024 && first > moments.length / 2) this.#forget(first);
  }

  #forget(count: number): void {
    this.#moments = this.#moments.slice(count);
    for (let i = 0; i < this.#heads.length; i++) this.#heads[i]! -= count;
  }
}
