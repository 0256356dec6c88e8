/** How many lines strangers can have written: some at once, then one in a while. What is left out is counted. */
export class LineLimit {
  readonly #atOnce: number;
  readonly #everyMs: number;
  readonly #now: () => number;
  #left: number;
  #since: number;
  #leftOut = 0;

  /** @param now milliseconds, of a clock that only goes forward */
  constructor(atOnce: number, everyMs: number, now: () => number = () => performance.now()) {
    this.#atOnce = atOnce;
    this.#everyMs = everyMs;
    this.#now = now;
    this.#left = atOnce;
    this.#since = now();
  }

  /** Whether another line may be written. */
  take(): boolean {
    const gained = Math.floor((this.#now() - this.#since) / this.#everyMs);
    this.#left = Math.min(this.#atOnce, this.#left + gained);
    this.#since += gained * this.#everyMs;
    if (this.#left > 0) {
      this.#left--;
      return true;
    }
    this.#leftOut++;
    return false;
  }

  /** Lines left out since this was last asked. */
  takeLeftOut(): number {
    const count = this.#leftOut;
    this.#leftOut = 0;
    return count;
  }
}
