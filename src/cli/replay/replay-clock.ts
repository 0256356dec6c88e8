import type { Millis } from '../../brand.ts';
import type { Clock } from '../../decision/policies/host.ts';

/** When a recording that does not say it is taken to have begun: quotas and tokens go by it. */
export const ASSUMED_BEGIN = Date.UTC(2025, 0, 1);
/** What the monotonic clock says at the beginning: far from 0, as on a machine that has been up for a while. */
const MONOTONIC_BEGIN_MS = 1_000_000;

/** The clock of a replay: it stands where the recording says the request arrived. */
export class ReplayClock implements Clock {
  readonly #began: number;
  #offset = 0;

  /** @param began milliseconds since the epoch: when the recording began */
  constructor(began: number) {
    this.#began = began;
  }

  /** Milliseconds since the beginning of the recording. */
  get offset(): number {
    return this.#offset;
  }

  /** @param offset milliseconds since the beginning; the clock never goes back */
  moveTo(offset: number): void {
    if (offset > this.#offset) this.#offset = offset;
  }

  wall(): Millis {
    return Math.floor(this.#began + this.#offset) as Millis;
  }

  monotonic(): Millis {
    return (MONOTONIC_BEGIN_MS + this.#offset) as Millis;
  }
}
