import type { BalancedEndpoint, Balancer, Load } from './balancer.ts';

/**
 * The endpoint with the fewest requests in flight for its weight, over all acceptors. Equals take turns by weight, as RoundRobin
 * has them, so that idle endpoints share what comes. It asks every endpoint for its load: with hundreds of them RandomTwo does
 * nearly as well for less.
 */
export class LeastRequests implements Balancer {
  readonly #weights: readonly number[];
  readonly #load: Load;
  readonly #loads: Float64Array;
  readonly #credits: Float64Array;

  constructor(endpoints: readonly BalancedEndpoint[], load: Load) {
    this.#weights = endpoints.map(({ weight }) => weight);
    this.#load = load;
    this.#loads = new Float64Array(endpoints.length);
    this.#credits = new Float64Array(endpoints.length);
  }

  pick(excluded: ReadonlySet<number>): number {
    const weights = this.#weights;
    const loads = this.#loads;
    let least = Number.POSITIVE_INFINITY;
    for (let i = 0; i < weights.length; i++) {
      loads[i] = excluded.has(i) ? Number.POSITIVE_INFINITY : this.#load.inFlight(i) / weights[i]!;
      if (loads[i]! < least) least = loads[i]!;
    }
    return least === Number.POSITIVE_INFINITY ? -1 : this.#turnAmong(least);
  }

  #turnAmong(load: number): number {
    const weights = this.#weights;
    const credits = this.#credits;
    let richest = -1;
    let earned = 0;
    for (let i = 0; i < weights.length; i++) {
      if (this.#loads[i] !== load) continue;
      credits[i]! += weights[i]!;
      earned += weights[i]!;
      if (richest === -1 || credits[i]! > credits[richest]!) richest = i;
    }
    credits[richest]! -= earned;
    return richest;
  }
}
