import type { Millis } from '../brand.ts';

const FIRST_DELAY_MS = 100;
const LONGEST_DELAY_MS = 5000;
/** An acceptor that lived this long was healthy: whatever ended it, its successor starts at once. */
const HEALTHY_AFTER_MS = 10_000;

/**
 * How long to wait before a dead acceptor is started again: not at all after a healthy life, otherwise twice as long each
 * time, so that a crash loop does not eat the machine.
 */
export class Backoff {
  #deaths = 0;

  /** @param livedMs from the start of the process to its end */
  next(livedMs: number): Millis {
    if (livedMs >= HEALTHY_AFTER_MS) this.#deaths = 0;
    this.#deaths++;
    // The first death in a row may be an operator's kill -9 or the OOM killer: no reason to let connections wait.
    if (this.#deaths === 1) return 0 as Millis;
    return Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** (this.#deaths - 2)) as Millis;
  }
}
