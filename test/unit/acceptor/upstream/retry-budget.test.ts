import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { LEAST_RETRIES, RetryBudget } from '../../../../src/acceptor/upstream/retry-budget.ts';

describe('a retry budget', () => {
  it('is a share of the requests, and a few in any case', () => {
    const budget = new RetryBudget(() => 0);
    const taken = (): number => {
      let count = 0;
      while (budget.take(0.2)) count++;
      return count;
    };
    assert.equal(taken(), LEAST_RETRIES);
    for (let i = 0; i < 100; i++) budget.onRequest();
    assert.equal(taken(), 20 - LEAST_RETRIES);
  });

  it('comes back as time passes', () => {
    let now = 123_456;
    const budget = new RetryBudget(() => now);
    while (budget.take(0));
    now += 9_000;
    assert.equal(budget.take(0), false, 'within the window');
    now += 2_000;
    assert.equal(budget.take(0), true);
    now += 1_000_000;
    assert.equal(budget.take(0), true);
  });

  it('of 100% is none', () => {
    const budget = new RetryBudget(() => 0);
    for (let i = 0; i < 1000; i++) assert.equal(budget.take(1), true);
  });
});
