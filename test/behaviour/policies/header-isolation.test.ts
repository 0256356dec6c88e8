import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { recordingOrigin } from '../../support/recording-origin.ts';
import { Caller } from '../caller.ts';
import { plainGateway } from '../plain-gateway.ts';

const lifetime = { after };
const origin = await recordingOrigin(lifetime);
const headers = {
  request: {
    remove: ['x-removed', 'x_bare'],
    rename: { 'x-old-name': 'x-new-name' },
    set: {
      'x-set-here': 'gateway',
      'x-claims-sub': `\${claims.sub}`,
      'x-consumer-name': `\${consumer.name}`,
      x_user_id: 'u1',
    },
  },
};
const gateway = await plainGateway(lifetime, origin.url, {
  routes: [{ name: 'all', match: { path: '/*' }, policies: [{ headers }], forward: { upstream: 'origin' } }],
});
const caller = new Caller(gateway.portOf('public'));
after(() => caller.close());

/** What an upstream takes for one name when it reads names as CGI does. */
const asRead = (name: string): string => name.toLowerCase().replaceAll('_', '-');

/** Names that the policy owns, as read, with what may stand under them. */
const OWNED: ReadonlyMap<string, readonly string[]> = new Map([
  ['x-removed', []],
  ['x-bare', []],
  ['x-old-name', []],
  ['x-set-here', ['gateway']],
  ['x-claims-sub', []],
  ['x-consumer-name', []],
  ['x-user-id', ['u1']],
]);

/** A name in any case, with underscores for any of its hyphens. */
const spelling = fc
  .tuple(fc.constantFrom(...OWNED.keys(), 'x-new-name', 'x-other'), fc.infiniteStream(fc.nat(3)))
  .map(([name, dice]) =>
    [...name]
      .map((character) => {
        const die = dice.next().value as number;
        if (character === '-') return die === 0 ? '_' : '-';
        return die === 1 ? character.toUpperCase() : character;
      })
      .join(''),
  );

const lines = fc.array(fc.tuple(spelling, fc.constantFrom('forged', 'gateway, forged', '', 'u2')), { maxLength: 12 });

test('no spelling of a header that a policy owns reaches the upstream with what a client wrote', async () => {
  let renamed = 0;
  await fc.assert(
    fc.asyncProperty(lines, async (sent) => {
      const before = origin.seen.length;
      const response = await caller.call({
        method: 'GET',
        target: '/',
        headers: [['Host', 'a'], ...sent],
        body: Buffer.alloc(0),
        chunked: false,
      });
      assert.equal(response.status, 200);
      const seen = origin.seen[before]!;
      const under = (name: string) => seen.headers.filter(([key]) => asRead(key) === name).map(([, value]) => value);
      for (const [name, values] of OWNED) assert.deepEqual(under(name), values, name);
      const old = sent.filter(([name]) => name.toLowerCase() === 'x-old-name').map(([, value]) => value);
      if (old.length > 0) renamed++;
      assert.deepEqual(under('x-new-name'), old.length === 0 ? [] : [old.join(', ').trim()]);
      const others = sent.filter(([name]) => asRead(name) === 'x-other').length;
      assert.equal(under('x-other').length, others, 'other headers go on');
    }),
    { numRuns: 200 },
  );
  assert.ok(renamed > 20);
});
