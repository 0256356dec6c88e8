import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { canaryOptions, reloadRequest, rollbackRequest } from '../../../../src/supervisor/admin/change-request.ts';
import { leverOf, leverRequest } from '../../../../src/supervisor/admin/lever-request.ts';
import { jsonBody } from '../../../../src/supervisor/admin/request-body.ts';
import { RESOURCES } from '../../../../src/supervisor/admin/resources.ts';

const reload = jsonBody(reloadRequest);
const lever = jsonBody(leverRequest);

describe('a body', () => {
  it('says what is wrong with it, in the words of the config', () => {
    const wrong = [
      ['{', 'The body is not JSON.'],
      ['[]', 'The body is not a JSON object.'],
      ['{"y":1}', 'there is no member "y" in the body.'],
      ['{"why":5}', '5 is not text, expected one line of text.'],
      [`{"why":"${'x'.repeat(501)}"}`, 'why is too long, expected at most 500 characters.'],
      [
        '{"canary":{"for":"soon"}}',
        '"soon" is not a duration, expected a number with a unit, such as 250ms, 5s, 1m or 1h.',
      ],
      ['{"canary":{"abortOn":"luck>1"}}', '"luck>1" is not a rule, expected rules such as errors>1%,p99>1.5x.'],
      ['{"canary":{"accepters":1}}', 'there is no member "accepters" in canary.'],
      ['{"canary":1}', '1 cannot stand at canary.'],
    ] as const;
    for (const [text, sentence] of wrong) assert.equal(reload.parse(text), sentence);
    assert.deepEqual(reload.parse(''), {});
  });

  it('of a rollback names a snapshot, and never a path', () => {
    const rollback = jsonBody(rollbackRequest);
    for (const id of ['../key', '0123456789a', '0123456789abc', '0123456789AB', '']) {
      assert.equal(typeof rollback.parse(JSON.stringify({ id })), 'string', id);
    }
    assert.deepEqual(rollback.parse('{"id":"0123456789ab"}'), { id: '0123456789ab' });
  });

  it('of a canary means a part of the acceptors, at least one', () => {
    const optionsOf = (canary: object, acceptors: number) => {
      const asked = reload.parse(JSON.stringify({ canary }));
      assert.ok(typeof asked === 'object');
      return canaryOptions(asked.canary!, acceptors);
    };
    assert.equal(optionsOf({}, 8).acceptors, 1);
    assert.equal(optionsOf({ share: 0.25 }, 8).acceptors, 2);
    assert.equal(optionsOf({ share: 0.25 }, 7).acceptors, 1);
    assert.equal(optionsOf({ share: 0.01 }, 4).acceptors, 1);
    assert.equal(optionsOf({ acceptors: 3 }, 4).acceptors, 3);
    const { forMs, rules, minRequests } = optionsOf({}, 2);
    assert.deepEqual([forMs, rules.map(({ text }) => text), minRequests], [60_000, ['errors>1%', 'p99>1.5x'], 100]);
  });

  it('of a limit has a burst as large as its rate, where none is named', () => {
    const asked = lever.parse('{"kind":"limit","route":"a","rate":"50/min","why":"x"}');
    assert.ok(typeof asked === 'object');
    assert.deepEqual(leverOf(asked), { kind: 'limit', route: 'a', window: { requests: 50, per: 60_000, burst: 50 } });
  });

  it('is taken or refused in a sentence, whatever it is', () => {
    const bodies = RESOURCES.flatMap(({ body }) => (body === undefined ? [] : [body]));
    const names = [
      'kind',
      'route',
      'rate',
      'why',
      'for',
      'canary',
      'share',
      'id',
      'path',
      'host',
      '__proto__',
      'level',
    ];
    const member = fc.oneof(fc.constantFrom(...names), fc.string());
    const value = fc.oneof(fc.jsonValue(), fc.constantFrom('kill-route', 'limit', 'log-level', '1/s', '5s', 'a'));
    const text = fc.oneof(
      fc.string(),
      fc.dictionary(member, value).map((object) => JSON.stringify(object)),
    );
    fc.assert(
      fc.property(text, (given) => {
        for (const body of bodies) {
          const result = body.parse(given);
          if (typeof result === 'string') assert.match(result, /\.$/);
        }
      }),
      { numRuns: 300 },
    );
  });
});
