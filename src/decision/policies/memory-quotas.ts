import type { Millis } from '../../brand.ts';
import { QUOTA, type Quotas } from './host.ts';

/** Counters that begin full and last no longer than this object: for requests that were never sent. */
export class MemoryQuotas implements Quotas {
  readonly #used = new Map<string, number>();

  take(counter: string, limit: number, windowEnd: Millis): number {
    const name = `${windowEnd} ${counter}`;
    const used = this.#used.get(name) ?? 0;
    if (used >= limit) return QUOTA.EXCEEDED;
    this.#used.set(name, used + 1);
    return limit - used - 1;
  }
}
