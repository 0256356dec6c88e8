import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatPath } from '../../../src/config/diagnostics.ts';
import { didYouMean, nearest } from '../../../src/config/nearest.ts';

test('a slip of the fingers finds its word', () => {
  const known = ['listeners', 'upstreams', 'routes', 'timeout', 'headTimeout'];
  for (const [word, meant] of [
    ['listners', 'listeners'],
    ['upstraems', 'upstreams'],
    ['Routes', 'routes'],
    ['time_out', 'timeout'],
    ['headtimeout', 'headTimeout'],
  ]) {
    assert.equal(nearest(word!, known), meant, word);
  }
});

test('nothing is suggested for what resembles nothing', () => {
  assert.equal(nearest('zebra', ['listeners', 'routes']), null);
  assert.equal(nearest('a', []), null);
  assert.equal(didYouMean('zebra', ['routes']), '');
});

test('a known word is its own nearest', () => {
  const word = fc.string({ minLength: 1, maxLength: 12 });
  fc.assert(
    fc.property(fc.array(word, { minLength: 1 }), (words) =>
      assert.equal(nearest(words[0]!, words)?.toLowerCase(), words[0]!.toLowerCase()),
    ),
  );
});

test('paths read like the config', () => {
  assert.equal(formatPath(['routes', 3, 'forward', 'timeout']), 'routes[3].forward.timeout');
  assert.equal(formatPath(['upstreams', 'a b', 'tls']), 'upstreams["a b"].tls');
  assert.equal(formatPath([]), '');
});
