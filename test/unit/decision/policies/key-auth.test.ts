import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { ConsumerTable } from '../../../../src/decision/consumers.ts';
import { dryHost } from '../../../../src/decision/dry-run.ts';
import { PASS, REFUSED } from '../../../../src/decision/policies/verdict.ts';
import { ask, makePolicy } from '../../../support/policies.ts';

const KEY = 'Sesame42';
const consumer = {
  name: 'acme',
  groups: [],
  keyDigests: [createHash('sha256').update(KEY).digest('hex')],
  subjects: [],
  certificates: [],
  passwords: [],
};
const host = dryHost({ consumers: new ConsumerTable([consumer]) });

/** A name with some of its characters percent-encoded, in either case. */
const spelled = (name: string): fc.Arbitrary<string> =>
  fc.array(fc.nat({ max: 2 }), { minLength: name.length, maxLength: name.length }).map((how) =>
    [...name]
      .map((character, at) => {
        const hex = character.charCodeAt(0).toString(16);
        return how[at] === 0 ? character : `%${how[at] === 1 ? hex : hex.toUpperCase()}`;
      })
      .join(''),
  );

const junk = fc.constantFrom('', 'a=1', 'a', '=', '%', '%zz=1', 'api_keys=x', 'xapi_key=y', 'API_KEY=z', 'a=api_key=b');
const pairs = fc.array(
  fc.oneof(
    junk,
    spelled('api_key').map((name) => `${name}=${KEY}`),
    spelled('api_key').map((name) => `${name}=wrong-${KEY}`),
  ),
  { maxLength: 6 },
);
const cookies = fc.array(
  fc
    .array(fc.constantFrom('a=b', 'c', '', ` key = ${KEY}`, `key="${KEY}"`, `key=${KEY}`, `key=no-${KEY}`, 'keys=1'), {
      maxLength: 4,
    })
    .map((items) => items.join(';')),
  { maxLength: 3 },
);
const headerLines = fc.array(
  fc.tuple(fc.constantFrom('x-api-key', 'x-consumer', 'accept'), fc.constantFrom(KEY, `not-${KEY}`, '', 'x')),
  { maxLength: 5 },
);

describe('keyAuth', () => {
  it('whatever is sent, no key reaches the upstream, and nobody names themselves', async () => {
    let passed = 0;
    await fc.assert(
      fc.asyncProperty(pairs, cookies, headerLines, fc.boolean(), async (query, cookie, lines, optional) => {
        const written = {
          header: 'x-api-key',
          query: 'api_key',
          cookie: 'key',
          optional,
          consumerHeader: 'x-consumer',
        };
        const headers = [
          ...lines.filter(([name]) => name !== 'accept').flat(),
          ...cookie.flatMap((line) => ['cookie', line]),
        ];
        const { verdict, decision } = await ask(makePolicy('keyAuth', written, host), {
          query: query.length === 0 ? null : query.join('&'),
          headers,
        });
        if (verdict === REFUSED) {
          assert.equal(decision.errorHeaders[0], 'www-authenticate');
          return;
        }
        assert.equal(verdict, PASS);
        passed++;
        const goesOn = decision.target === null ? decision.request.query : decision.target.query;
        const decoded = (goesOn ?? '').replace(/%([0-9a-f]{2})/gi, (_, hex) => String.fromCharCode(parseInt(hex, 16)));
        assert.doesNotMatch(decoded, /(^|&)api_key=./);
        assert.doesNotMatch(`${decision.header('x-api-key') ?? ''} ${decision.header('cookie') ?? ''}`, /Sesame/);
        assert.equal(decision.header('x-consumer'), decision.consumer === null ? null : 'acme');
        if (!optional) assert.equal(decision.consumer?.name, 'acme');
        // What is not the key goes on as it came.
        const others = query.filter((pair) => decodeName(pair) !== 'api_key');
        assert.equal(goesOn ?? '', others.join('&'));
      }),
      { numRuns: 1500 },
    );
    assert.ok(passed > 100, `${passed} passed`);
  });

  it('keeps what the route strips from the path stripped when it changes the query', async () => {
    const { chainOf } = await import('../../../support/policies.ts');
    const { Decision } = await import('../../../../src/decision/decision.ts');
    const { DryRequest } = await import('../../../../src/decision/dry-run.ts');
    const route = { name: 'r', forward: { stripPrefix: '/shop', host: 'preserve' } };
    const decision = new Decision(new DryRequest({ path: '/shop/a', query: `api_key=${KEY}` }), route, null);
    assert.equal(chainOf(makePolicy('keyAuth', { query: 'api_key' }, host)).runRequest(decision), PASS);
    assert.deepEqual(decision.target, { path: '/a', query: null });
  });

  it('forward: true leaves the key where it is', async () => {
    const policy = makePolicy('keyAuth', { query: 'api_key', forward: true }, host);
    const { verdict, decision } = await ask(policy, { query: `api_key=${KEY}` });
    assert.equal(verdict, PASS);
    assert.equal(decision.target, null);
  });
});

function decodeName(pair: string): string {
  return pair.split('=')[0]!.replace(/%([0-9a-f]{2})/gi, (_, hex) => String.fromCharCode(parseInt(hex, 16)));
}
