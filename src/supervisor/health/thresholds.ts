import type { ActiveHealth } from '../../config/compiled-care.ts';

/**
 * Whether an endpoint is healthy, by what its checks have come to. It begins as what was known before: an endpoint nobody has
 * asked yet is healthy, so that a gateway that starts does not refuse what may well work.
 *
 *   healthy ── unhealthyAfter bad ones in a row ──► unhealthy ── healthyAfter good ones in a row ──► healthy
 */
export class Thresholds {
  readonly #rules: Pick<ActiveHealth, 'healthyAfter' | 'unhealthyAfter'>;
  #isHealthy: boolean;
  #against = 0;

  constructor(rules: Pick<ActiveHealth, 'healthyAfter' | 'unhealthyAfter'>, isHealthy: boolean) {
    this.#rules = rules;
    this.#isHealthy = isHealthy;
  }

  get isHealthy(): boolean {
    return this.#isHealthy;
  }

  /** @returns whether the endpoint is another now than it was before */
  add(isGood: boolean): boolean {
    if (isGood === this.#isHealthy) {
      this.#against = 0;
      return false;
    }
    this.#against++;
    const needed = isGood ? this.#rules.healthyAfter : this.#rules.unhealthyAfter;
    if (this.#against < needed) return false;
    this.#against = 0;
    this.#isHealthy = isGood;
    return true;
  }
}
