import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { FIELDS, parseRule, RuleError, TOTALS } from '../../../../src/cli/replay/rules/parse-rule.ts';

/** What is wrong with a text that is no rule. */
function faultOf(text: string): string {
  try {
    parseRule(text);
  } catch (error) {
    assert.ok(error instanceof RuleError);
    return error.message;
  }
  return 'nothing';
}

const word = fc.stringMatching(/^[a-z0-9/._-]{1,12}$/);
const clause = fc
  .record({
    field: fc.constantFrom(...FIELDS.filter((name) => !['status', 'outcome', 'cause'].includes(name))),
    op: fc.constantFrom('=', '!=', '=~'),
    value: fc.oneof(
      word,
      word.map((text) => `"${text} && ${text}"`),
    ),
    space: fc.constantFrom('', ' ', '\t  '),
  })
  .map(({ field, op, value, space }) => ({
    field,
    op,
    value,
    text: `${space}${field}${space}${op}${space}${value}${space}`,
  }));

describe('a rule of a replay', () => {
  it('is read as it was written, clause by clause', () => {
    fc.assert(
      fc.property(fc.array(clause, { minLength: 1, maxLength: 5 }), (clauses) => {
        const rule = parseRule(clauses.map(({ text }) => text).join('&&'));
        assert.ok(rule.kind === 'each');
        assert.deepEqual(
          rule.clauses.map(({ field, isNegated }) => [field, isNegated]),
          clauses.map(({ field, op }) => [field, op === '!=']),
        );
        for (const [at, { value }] of clauses.entries()) {
          const plain = value.replaceAll('"', '');
          assert.equal(rule.clauses[at]!.test(plain), true, `${plain} of ${value}`);
          assert.equal(rule.clauses[at]!.test(`\0${plain}`), false);
        }
      }),
    );
  });

  it('may bound a count, as a number or as a share of all requests', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...TOTALS),
        fc.constantFrom('<=', '<', '='),
        fc.integer({ min: 0, max: 1_000_000 }),
        fc.boolean(),
        (total, op, number, isShare) => {
          const rule = parseRule(`${total} ${op} ${number}${isShare ? '%' : ''}`);
          assert.ok(rule.kind === 'total');
          assert.deepEqual([rule.total, rule.op, rule.isShare], [total, op, isShare]);
          assert.equal(rule.bound, isShare ? number / 100 : number);
        },
      ),
    );
  });

  it('compares with a prefix, or with an expression in linear time', () => {
    const test = (text: string, value: string): boolean => {
      const rule = parseRule(text);
      return rule.kind === 'each' && rule.clauses[0]!.test(value);
    };
    assert.deepEqual(
      [test('path=~/v1/*', '/v1/a'), test('path=~/v1/*', '/v2'), test('host=~api.', 'api.test')],
      [true, false, true],
    );
    assert.deepEqual([test('path=~^/v[0-9]+/', '/v12/a'), test('path=~^/v[0-9]+/', '/va/')], [true, false]);
    // An engine that tries one way after the other would take for ever.
    assert.equal(test('path=~^(a|a)*(a|a)*$', `${'a'.repeat(5000)}b`), false);
  });

  it('that is none is refused with its column and what would be one', () => {
    assert.match(faultOf(''), /^column 1: the rule ends here, expected a field or a count$/);
    assert.match(faultOf('status'), /^column 7: the rule ends here, expected !=, =~, =$/);
    assert.match(faultOf('status!= '), /^column 10: the rule ends here, expected a value$/);
    assert.match(faultOf('status=40'), /^column 8: "40" is no status/);
    assert.match(faultOf('colour=red'), /^column 1: "colour" is not known, expected one of status, /);
    assert.match(faultOf('route=a & b=c'), /^column 9: there is "& b=c", expected && or the end$/);
    assert.match(
      faultOf('route=a && changed<=1'),
      /^column 12: changed counts all requests, expected it in a rule of its own$/,
    );
    assert.match(faultOf('changed<=many'), /^column 10: "many" is no number/);
    assert.match(faultOf('changed<=1 && route=a'), /^column 12: a count stands alone/);
    assert.match(faultOf('outcome=gone'), /^column 9: "gone" is no outcome, expected forward, refuse, answer, none$/);
    assert.match(faultOf('path=~^(?=a)'), /^column 7: /);
    assert.match(faultOf('host="a'), /^column 6: the quotation mark is never closed$/);
  });

  it('whatever the text, is a rule or has a place within it', () => {
    const piece = fc.constantFrom(
      ...FIELDS,
      ...TOTALS,
      '=',
      '!=',
      '=~',
      '<=',
      '<',
      '&&',
      '"',
      ' ',
      '^',
      '(',
      '1',
      '%',
      'none',
      '\u0000',
      '😀',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(piece, { maxLength: 12 }).map((parts) => parts.join('')),
        ),
        (text) => {
          try {
            parseRule(text);
          } catch (error) {
            assert.ok(error instanceof RuleError, String(error));
            assert.ok(
              error.column >= 1 && error.column <= text.length + 1,
              `${error.column} of ${JSON.stringify(text)}`,
            );
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});
