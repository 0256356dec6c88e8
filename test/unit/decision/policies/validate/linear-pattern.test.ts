import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { compileLinearPattern, expandCounts } from '../../../../../src/decision/policies/validate/linear-pattern.ts';

describe('patterns of schemas', () => {
  it('mean the same with their counts written out', () => {
    const atoms = fc.constantFrom('a', '[ab]', '(a|b)', '(?:ab)', '\\w', '\\x61', '\\u0062', '[^\\]x]', '.', '\\{');
    const counts = fc.constantFrom(
      '',
      '*',
      '+',
      '?',
      '{2}',
      '{0}',
      '{17}',
      '{0,3}',
      '{1,20}',
      '{3,}',
      '{18,}',
      '{1,2}?',
      '{',
      '{a}',
    );
    const patterns = fc
      .array(fc.tuple(atoms, counts), { minLength: 1, maxLength: 3 })
      .map((parts) => `^${parts.map((part) => part.join('')).join('')}$`);
    const texts = fc
      .array(fc.constantFrom('a', 'b', 'ab', '{', 'x', 'aaaaaaaaaaaaaaaaaa'), { maxLength: 8 })
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(patterns, texts, (pattern, text) => {
        assert.equal(
          new RegExp(expandCounts(pattern)).test(text),
          new RegExp(pattern).test(text),
          `${pattern} ${expandCounts(pattern)}`,
        );
      }),
      { numRuns: 3000 },
    );
  });

  it('run in linear time, however long the counts', () => {
    assert.equal(compileLinearPattern('^[a-z]{1,64}$').test('a'.repeat(64)), true);
    assert.equal(compileLinearPattern('^[a-z]{1,64}$').test('a'.repeat(65)), false);
    assert.equal(compileLinearPattern('^(a+)+$').test(`${'a'.repeat(50_000)}b`), false);
  });

  it('are refused where there is no linear form', () => {
    for (const pattern of ['(a)\\1', '(?=a)', 'a{1001}', 'a{5,2}', '(', `(?:a{40}){40}`])
      assert.throws(() => compileLinearPattern(pattern), SyntaxError, pattern);
  });
});
