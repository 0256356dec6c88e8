import type { BalancedEndpoint, Balancer, Load } from './balancer.ts';

/**
 * The less loaded of two endpoints drawn at random by weight: nearly as even as asking all of them, and acceptors that decide at
 * the same moment do not all run to the same one (Mitzenmacher, "The Power of Two Choices in Randomized Load Balancing", 2001).
 */
export class RandomTwo implements Balancer {
  readonly #endpoints: readonly BalancedEndpoint[];
  readonly #load: Load;

  constructor(endpoints: readonly BalancedEndpoint[], load: Load) {
    this.#endpoints = endpoints;
    this.#load = load;
  }

  pick(excluded: ReadonlySet<number>): number {
    const first = this.#draw(excluded, -1);
    if (first === -1) return -1;
    const second = this.#draw(excluded, first);
    return second === -1 || this.#loadOf(first) <= this.#loadOf(second) ? first : second;
  }

  #loadOf(index: number): number {
    return this.#load.inFlight(index) / this.#endpoints[index]!.weight;
  }

  /** One at random, by weight, that is neither excluded nor `taken`; -1 when there is none. */
  #draw(excluded: ReadonlySet<number>, taken: number): number {
    const endpoints = this.#endpoints;
    let total = 0;
    for (let i = 0; i < endpoints.length; i++) if (i !== taken && !excluded.has(i)) total += endpoints[i]!.weight;
    let left = this.#load.random() * total;
    let last = -1;
    for (let i = 0; i < endpoints.length; i++) {
      if (i === taken || excluded.has(i)) continue;
      last = i;
      left -= endpoints[i]!.weight;
      if (left < 0) return i;
    }
    return last;
  }
}
