import type { Balancer } from './balancer.ts';

/**
 * Smooth weighted round robin (nginx, commit 52327e0 of 2012): every endpoint earns its weight in each round, the richest is
 * chosen and pays what all have earned. Weights 5, 1, 1 give a a b a c a a instead of five a in a row: no endpoint is
 * ever a whole pick ahead of its share, and each gets exactly its weight over a cycle.
 *
 *            a   b   c
 *   earned   5   1   1   a is chosen and pays 7
 *           -2   1   1
 *   earned   3   2   2   a is chosen and pays 7
 *           -4   2   2
 *   earned   1   3   3   b ...
 */
export class RoundRobin implements Balancer {
  readonly #weights: readonly number[];
  readonly #credits: number[];

  constructor(weights: readonly number[]) {
    this.#weights = weights;
    this.#credits = weights.map(() => 0);
  }

  pick(excluded: ReadonlySet<number>): number {
    const weights = this.#weights;
    const credits = this.#credits;
    let richest = -1;
    let earned = 0;
    for (let i = 0; i < weights.length; i++) {
      if (excluded.has(i)) continue;
      credits[i] += weights[i];
      earned += weights[i];
      if (richest === -1 || credits[i] > credits[richest]) richest = i;
    }
    if (richest !== -1) credits[richest] -= earned;
    return richest;
  }
}
