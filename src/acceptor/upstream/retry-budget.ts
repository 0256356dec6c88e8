/** How far back requests and retries are counted, in milliseconds. */
const WINDOW_MS = 10_000;
const SLICES = 10;
const SLICE_MS = WINDOW_MS / SLICES;

/** So many retries in a window are always allowed: of few requests a share says nothing. */
export const LEAST_RETRIES = 3;

/**
 * How many retries an upstream may be sent by one acceptor: a share of its requests, so that one that is in trouble is not sent a
 * multiple of what it was sent before (Google SRE book, "Handling Overload").
 */
export class RetryBudget {
  readonly #clock: () => number;
  readonly #requests = new Float64Array(SLICES);
  readonly #retries = new Float64Array(SLICES);
  #tick = 0;

  /** @param clock milliseconds that never go back */
  constructor(clock: () => number) {
    this.#clock = clock;
  }

  /** A request that may be retried within the budget has begun. */
  onRequest(): void {
    this.#requests[this.#slice()]! += 1;
  }

  /** Whether one more retry is within a share of the requests; then it is counted. */
  take(share: number): boolean {
    const slice = this.#slice();
    const allowed = Math.max(LEAST_RETRIES, share * sum(this.#requests));
    if (share < 1 && sum(this.#retries) + 1 > allowed) return false;
    this.#retries[slice]! += 1;
    return true;
  }

  /** The current slice, with those whose time is over emptied. */
  #slice(): number {
    const tick = Math.floor(this.#clock() / SLICE_MS);
    for (let passed = Math.min(tick - this.#tick, SLICES); passed > 0; passed--) {
      const at = (tick - passed + 1) % SLICES;
      this.#requests[at] = 0;
      this.#retries[at] = 0;
    }
    this.#tick = tick;
    return tick % SLICES;
  }
}

function sum(counts: Float64Array): number {
  let total = 0;
  for (const count of counts) total += count;
  return total;
}
