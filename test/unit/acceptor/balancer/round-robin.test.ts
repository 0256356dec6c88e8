import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { RoundRobin } from '../../../../src/acceptor/balancer/round-robin.ts';

const NOBODY: ReadonlySet<number> = new Set();
const someWeights = fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 10 });
const sum = (weights: readonly number[]): number => weights.reduce((total, weight) => total + weight, 0);

describe('round robin', () => {
  it('spreads the picks of a heavy endpoint out', () => {
    const balancer = new RoundRobin([5, 1, 1]);
    const picks = Array.from({ length: 14 }, () => 'abc'[balancer.pick(NOBODY)]).join('');
    assert.equal(picks, 'aabacaaaabacaa');
  });

  it('gives each endpoint exactly its weight over a cycle, cycle after cycle', () => {
    fc.assert(
      fc.property(someWeights, (weights) => {
        const balancer = new RoundRobin(weights);
        for (let cycle = 0; cycle < 3; cycle++) {
          const counts = weights.map(() => 0);
          for (let i = 0; i < sum(weights); i++) counts[balancer.pick(NOBODY)]++;
          assert.deepEqual(counts, weights);
        }
      }),
    );
  });

  it('never lets an endpoint get a whole pick ahead of its share', () => {
    fc.assert(
      fc.property(someWeights, (weights) => {
        const total = sum(weights);
        const balancer = new RoundRobin(weights);
        const counts = weights.map(() => 0);
        for (let picks = 1; picks <= 2 * total; picks++) {
          const picked = balancer.pick(NOBODY);
          counts[picked]++;
          assert.ok(counts[picked] * total < picks * weights[picked] + total);
        }
      }),
    );
  });

  it('keeps the shares of the others while one is excluded', () => {
    const balancer = new RoundRobin([3, 2, 1]);
    const counts = [0, 0, 0];
    for (let i = 0; i < 40; i++) counts[balancer.pick(new Set([1]))]++;
    assert.deepEqual(counts, [30, 0, 10]);
  });
});
