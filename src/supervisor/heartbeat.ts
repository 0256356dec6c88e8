/** How often heartbeats are looked at; acceptors beat as often. */
export const HEARTBEAT_CHECK_EVERY_MS = 1000;

/** Looks in a row without a beat after which an acceptor that serves is taken for hung: nobody waits that long for it. */
const HUNG_AFTER_LOOKS = 15;
/** The same for one that has not served yet: starting takes longer on a machine that is busy. */
const HUNG_AT_START_AFTER_LOOKS = 60;

/**
 * One acceptor's heartbeat as the supervisor follows it. Age is counted in the supervisor's own looks, not by a clock: when
 * the supervisor itself stood still (stopped with Ctrl-Z, starved of CPU), nobody is blamed for beats it did not look for.
 */
export class Heartbeat {
  #last = -1;
  #missed = 0;

  /** Looks at the acceptor's counter; to be called every HEARTBEAT_CHECK_EVERY_MS. */
  look(beats: number): void {
    this.#missed = beats === this.#last ? this.#missed + 1 : 0;
    this.#last = beats;
  }

  /** How long ago the last beat was, as far as it was looked for. */
  get ageMs(): number {
    return this.#missed * HEARTBEAT_CHECK_EVERY_MS;
  }

  /** Whether the acceptor's loop has stopped turning. */
  isHung(hasServed: boolean): boolean {
    return this.#missed >= (hasServed ? HUNG_AFTER_LOOKS : HUNG_AT_START_AFTER_LOOKS);
  }
}
