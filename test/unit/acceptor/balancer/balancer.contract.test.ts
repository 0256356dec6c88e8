import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Balancer } from '../../../../src/acceptor/balancer/balancer.ts';
import { BALANCERS } from '../../../../src/acceptor/balancer/registry.ts';

const NOBODY: ReadonlySet<number> = new Set();
const someWeights = fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 8 });

const someExclusion = fc.array(fc.nat(7)).map((indexes): ReadonlySet<number> => new Set(indexes));

/** Requests that stay in flight while so many others are sent. */
const IN_FLIGHT = 10;

/** A balancer whose picks are in flight for a while, as requests are. */
function make(create: (typeof BALANCERS)[keyof typeof BALANCERS], weights: readonly number[]): Balancer {
  const inFlight: number[] = [];
  const load = { inFlight: (index: number) => inFlight.filter((one) => one === index).length, random: Math.random };
  const balancer = create(
    weights.map((weight, index) => ({ name: `http://endpoint-${index}`, weight })),
    load,
  );
  return {
    pick(excluded): number {
      const picked = balancer.pick(excluded);
      if (picked !== -1) inFlight.push(picked);
      if (inFlight.length > IN_FLIGHT) inFlight.shift();
      return picked;
    },
  };
}

/** What every balancer owes the upstream group, whatever its idea of balance. */
for (const [name, create] of Object.entries(BALANCERS)) {
  describe(`balancer contract: ${name}`, () => {
    it('picks an endpoint that exists and is not excluded, and -1 only when all are', () => {
      fc.assert(
        fc.property(someWeights, fc.array(someExclusion, { maxLength: 60 }), (weights, exclusions) => {
          const balancer = make(create, weights);
          for (const excluded of exclusions) {
            const picked = balancer.pick(excluded);
            const isAllExcluded = weights.every((_, index) => excluded.has(index));
            assert.equal(picked === -1, isAllExcluded);
            if (picked !== -1) assert.ok(picked < weights.length && !excluded.has(picked));
          }
        }),
      );
    });

    it('picks the only endpoint every time', () => {
      const balancer = make(create, [7]);
      for (let i = 0; i < 10; i++) assert.equal(balancer.pick(NOBODY), 0);
    });

    it('leaves no endpoint out for good', () => {
      fc.assert(
        fc.property(someWeights, (weights) => {
          const balancer = make(create, weights);
          const seen = new Set<number>();
          for (let i = 0; i < 100 * weights.length * 20; i++) seen.add(balancer.pick(NOBODY));
          assert.equal(seen.size, weights.length);
        }),
        { numRuns: 20 },
      );
    });

    it('takes an endpoint back after it was excluded', () => {
      const balancer = make(create, [1, 1]);
      for (let i = 0; i < 50; i++) assert.equal(balancer.pick(new Set([0])), 1);
      const seen = new Set(Array.from({ length: 200 }, () => balancer.pick(NOBODY)));
      assert.deepEqual(seen, new Set([0, 1]));
    });
  });
}
