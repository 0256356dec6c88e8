import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Backoff } from '../../../src/supervisor/backoff.ts';

const delays = (lives: readonly number[]): number[] => {
  const backoff = new Backoff();
  return lives.map((livedMs) => backoff.next(livedMs));
};

test('a first death is made good at once, a crash loop ever more slowly, up to 5 s', () => {
  assert.deepEqual(delays([50, 50, 50, 50, 50, 50, 50, 50, 50]), [0, 100, 200, 400, 800, 1600, 3200, 5000, 5000]);
});

test('a healthy life of 10 s begins anew', () => {
  assert.deepEqual(delays([50, 50, 50, 10_000, 50]), [0, 100, 200, 0, 100]);
  assert.deepEqual(delays([50, 50, 9_999, 50]), [0, 100, 200, 400], 'and nothing shorter does');
});
