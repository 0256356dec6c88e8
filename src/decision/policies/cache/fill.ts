import type { Timers } from '../host.ts';

/**
 * How a fill ended, for those who waited for it:
 *
 *   stored        the response is in the store: look there
 *   given-up      its client has left, or what it brought is out of date already: one of those who wait begins anew
 *   uncacheable   nobody can share it: everyone asks for himself
 *   failed        the origin failed
 *   late          it has taken longer than anybody should wait
 */
export type FillOutcome = 'stored' | 'given-up' | 'uncacheable' | 'failed' | 'late';

/** A response that is on its way from the origin, and all who wait for it. */
export class Fill {
  #outcome: FillOutcome | null = null;
  readonly #waiters = new Set<(outcome: FillOutcome) => void>();

  /** Tells everyone. The first call counts. */
  end(outcome: FillOutcome): void {
    if (this.#outcome !== null) return;
    this.#outcome = outcome;
    for (const tell of this.#waiters) tell(outcome);
    this.#waiters.clear();
  }

  get hasEnded(): boolean {
    return this.#outcome !== null;
  }

  /** Resolves when it has ended, or with `late` after that time. @param signal gives the waiting up */
  wait(limitMs: number, timers: Timers, signal: AbortSignal): Promise<FillOutcome> {
    if (this.#outcome !== null) return Promise.resolve(this.#outcome);
    return new Promise((resolve) => {
      const done = (outcome: FillOutcome): void => {
        cancel();
        this.#waiters.delete(done);
        signal.removeEventListener('abort', leave);
        resolve(outcome);
      };
      const leave = (): void => done('late');
      const cancel = timers.after(limitMs, leave);
      this.#waiters.add(done);
      signal.addEventListener('abort', leave);
    });
  }
}
