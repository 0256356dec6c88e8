import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { formatPath, type PathStep, parsePath } from '../../../../../src/decision/policies/transform/json-path.ts';

const steps: fc.Arbitrary<PathStep> = fc.oneof(
  fc.string({ minLength: 1, maxLength: 8, unit: 'grapheme' }),
  fc.constantFrom('__proto__', "it's", 'a.b', '[0]', '"', '\\', '$', ' '),
  fc.integer({ min: 0, max: 999_999_999 }),
  fc.constant(null),
);

describe('paths', () => {
  it('are read as they are written, whatever the names', () => {
    fc.assert(
      fc.property(fc.array(steps, { minLength: 1, maxLength: 10 }), (path) => {
        assert.deepEqual(parsePath(formatPath(path)), path);
      }),
    );
  });

  it('have the forms that the documents show', () => {
    assert.deepEqual(parsePath('$.customer.card'), ['customer', 'card']);
    assert.deepEqual(parsePath('customer.card'), ['customer', 'card']);
    assert.deepEqual(parsePath('items[*].price'), ['items', null, 'price']);
    assert.deepEqual(parsePath("$[0][\"a b\"]['c\\'d']"), [0, 'a b', "c'd"]);
    assert.deepEqual(parsePath("['@id'].x"), ['@id', 'x']);
    assert.deepEqual(parsePath('$.@id'), ['@id']);
  });

  it('are never taken in part', () => {
    for (const text of [
      '',
      '$',
      '.',
      '$.',
      'a.',
      'a..b',
      'a[',
      'a[]',
      'a[01]',
      'a[-1]',
      "a['b'",
      "a['b]",
      'a]',
      'a[*',
      'a b',
      '$$',
      'a[1]b',
      'a.[0]',
    ])
      assert.ok('problem' in parsePath(text), text);
  });

  it('are read in time linear in their text, whatever the text', () => {
    fc.assert(fc.property(fc.string(), (text) => assert.ok(parsePath(text) !== null)));
    const result = parsePath(`['${'\\a'.repeat(100_000)}`);
    assert.ok('problem' in result);
    assert.ok('problem' in parsePath('a.'.repeat(100_000).slice(0, -1)));
  });
});
