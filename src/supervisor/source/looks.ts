import type { Millis } from '../../brand.ts';

/** However often somebody says that something was pushed. */
const SHORTEST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 300_000;
/** Gateways that were started together do not ask together. */
const JITTER = 0.1;

/** When a repository is looked at: now and then, soon after a push, and ever less often while it does not answer. */
export class Looks {
  /** In a row: the repository answers, and what it holds cannot be had. */
  fetchFailures = 0;
  readonly #pollMs: Millis;
  readonly #look: () => Promise<boolean>;
  #failures = 0;
  #lastAt = Number.NEGATIVE_INFINITY;
  #timer: NodeJS.Timeout | null = null;
  #isLooking = false;
  #isWanted = false;
  #isOpen = false;

  /** @param look resolves to whether there was an answer; must not reject */
  constructor(pollMs: Millis, look: () => Promise<boolean>) {
    this.#pollMs = pollMs;
    this.#look = look;
  }

  begin(): void {
    this.#isOpen = true;
    this.soon();
  }

  /** Once for many that ask. */
  soon(): void {
    this.#isWanted = true;
    this.#schedule();
  }

  close(): void {
    this.#isOpen = false;
    if (this.#timer !== null) clearTimeout(this.#timer);
  }

  /** How long to wait after so many failures in a row, without what chance adds. */
  static pauseMs(pollMs: Millis, failures: number): number {
    return Math.min(Math.max(pollMs, LONGEST_PAUSE_MS), pollMs * 2 ** failures);
  }

  #schedule(): void {
    if (!this.#isOpen || this.#isLooking) return;
    if (this.#timer !== null) clearTimeout(this.#timer);
    const pause = Looks.pauseMs(this.#pollMs, Math.max(this.#failures, this.fetchFailures));
    const wait = this.#isWanted
      ? Math.max(0, this.#lastAt + SHORTEST_PAUSE_MS - performance.now())
      : pause * (1 - JITTER + 2 * JITTER * Math.random());
    this.#timer = setTimeout(() => void this.#once(), wait).unref();
  }

  async #once(): Promise<void> {
    this.#isLooking = true;
    this.#isWanted = false;
    const hasAnswered = await this.#look();
    this.#lastAt = performance.now();
    this.#failures = hasAnswered ? 0 : this.#failures + 1;
    this.#isLooking = false;
    this.#schedule();
  }
}
