import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { hasQueryParameter } from '../../../../src/decision/route/query-parameter.ts';

test('a query parameter holds exactly what URLSearchParams reads', () => {
  const piece = fc.constantFrom(
    'a',
    'b',
    '=',
    '&',
    '+',
    '%20',
    '%61',
    '%41',
    '%',
    '%2',
    '%zz',
    '%c3%a9',
    '%26',
    '%3D',
    '%25',
    '%00',
    '%ff',
  );
  const query = fc.array(piece, { maxLength: 10 }).map((pieces) => pieces.join(''));
  const text = fc.oneof(
    fc.constantFrom('', 'a', 'b', 'aa', ' ', 'a b', '\u00e9', '%', '=', '&', 'A', '\0', '\ufffd', '%2', '%zz'),
    query,
  );
  fc.assert(
    fc.property(query, text, text, (raw, name, value) => {
      const read = new URLSearchParams(raw);
      for (const wanted of [value, read.get(name) ?? value]) {
        assert.equal(
          hasQueryParameter(raw, name, wanted),
          read.get(name) === wanted,
          JSON.stringify([raw, name, wanted]),
        );
      }
    }),
    { numRuns: 5000 },
  );
});
