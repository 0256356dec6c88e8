/** Who asks, where credentials are pseudonyms; and what is never taken for granted about them. */
import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import type { ReplayReport } from '../../../../src/cli/replay/replay-report.ts';
import { fileLifetime } from '../../../support/file-lifetime.ts';
import { configOf, type ExchangeParts, pseudonym, ReplayBench } from './a-replay.ts';

const file = fileLifetime();
let bench: ReplayBench;
before(() => {
  bench = new ReplayBench(file);
});

const KEY = 'a-real-key-0123456789';
const keyed = { keyAuth: { header: 'x-api-key', consumerHeader: 'x-consumer' } };
const token = (audience: string): object => ({
  jwt: { keys: [{ secret: 'an-hmac-secret-of-32-bytes-or-more' }], audience, claimsToHeaders: { 'x-user': 'sub' } },
});
const acme = { groups: ['partners'], keys: [KEY], subjects: ['acme'] };

function config(
  policies: readonly object[],
  consumers: object = { acme, other: { keys: ['another-key-0123456789'] } },
): string {
  return configOf({ consumers, routes: [{ name: 'r', match: { path: '/*' }, policies, forward: { upstream: 'a' } }] });
}

const known: ExchangeParts = { consumer: 'acme', route: 'r', upstreamMs: 1, headers: { 'X-API-Key': pseudonym(1) } };
const bearer: ExchangeParts = { ...known, headers: { authorization: `Bearer ${pseudonym(2)}` } };

async function replayed(
  traffic: readonly ExchangeParts[],
  now: string,
  old: string | null = null,
  ...args: string[]
): Promise<ReplayReport> {
  const against = old === null ? [] : ['--against', bench.write('old.yaml', old)];
  return bench.report(bench.record(traffic), bench.write('new.yaml', now), ...against, ...args);
}

const causes = ({ groups }: ReplayReport): string[] =>
  groups.map(({ cause, count, to }) => `${count} ${cause} ${to.code}`);

describe('a request whose credential is a pseudonym', () => {
  it("counts as the recorded consumer's, as long as there is one with such a credential", async () => {
    const report = await replayed([known, known], config([keyed]));
    assert.deepEqual([report.changed, report.stoodIn], [0, 2]);
    assert.deepEqual(causes(await replayed([known], config([keyed], { other: { keys: [KEY] } }))), [
      '1 refused credentials_invalid',
    ]);
    assert.deepEqual(causes(await replayed([known], config([keyed], { acme: { subjects: ['acme'] } }))), [
      '1 refused credentials_invalid',
    ]);
  });

  it('is taken out of what goes on, and its consumer named, as the policy would', async () => {
    const { groups } = await replayed(
      [known],
      config([keyed]),
      config([{ keyAuth: { header: 'x-api-key', forward: true } }]),
    );
    assert.deepEqual(
      groups.map(({ parts }) => parts),
      [['header x-api-key', 'header x-consumer']],
    );
  });

  it('has the groups that the config under replay gives the consumer', async () => {
    const needs = (group: string): string => config([keyed, { authorize: { groups: [group] } }]);
    assert.equal((await replayed([known], needs('partners'))).changed, 0);
    assert.deepEqual(causes(await replayed([known], needs('staff'))), ['1 refused not_authorized']);
  });

  it('is refused where the policy looks elsewhere', async () => {
    assert.deepEqual(causes(await replayed([known], config([{ keyAuth: { header: 'x-other' } }]))), [
      '1 refused credentials_missing',
    ]);
  });

  it('without a recorded consumer is refused as before, or cannot be decided', async () => {
    const nobody = { ...known, consumer: null };
    assert.equal((await replayed([{ ...nobody, status: 401, upstreamMs: null }], config([keyed]))).changed, 0);
    const { changed, undecidable } = await replayed([nobody], config([keyed]));
    assert.deepEqual([changed, undecidable.count, undecidable.reasons[0]!.fact], [0, 1, 'credential']);
  });

  it('or that a recording never had any of, counts as the consumer that it names', async () => {
    const { changed, stoodIn, assumptions } = await replayed([{ ...known, headers: {} }], config([keyed]));
    assert.deepEqual([changed, stoodIn], [0, 1]);
    assert.match(assumptions.join('\n'), /^1 requests with a recorded consumer and no credential had the right one$/m);
  });

  it('is a password, too', async () => {
    const hash = '$scrypt$ln=14,r=8,p=1$c2FsdHNhbHRzYWx0c2FsdA$c2FsdHNhbHRzYWx0c2FsdHNhbHRzYWx0c2FsdHNhbHQ';
    const policies = [{ basicAuth: {} }];
    const consumers = { acme: { passwords: [hash] } };
    const basic = { ...known, headers: { authorization: `Basic ${pseudonym(3)}` } };
    const { changed, stoodIn } = await replayed([basic], config(policies, consumers));
    assert.deepEqual([changed, stoodIn], [0, 1]);
  });
});

describe('a token that is a pseudonym', () => {
  it('has claims that nobody knows: a policy that needs them is never passed in silence', async () => {
    const claims = { authorize: { claims: { tier: { equals: 'gold' } } } };
    const { changed, undecidable } = await replayed([bearer, bearer], config([token('shop'), claims]));
    assert.deepEqual([changed, undecidable.count], [0, 2]);
    assert.deepEqual(
      undecidable.reasons.map(({ fact, policy, count }) => [fact, policy, count]),
      [['claims', 'authorize', 2]],
    );
    const limited = await replayed(
      [bearer],
      config([token('shop'), { rateLimit: { limit: '1/s', by: { claim: 'sub' } } }]),
    );
    assert.deepEqual([limited.undecidable.count, limited.undecidable.reasons[0]!.policy], [1, 'rateLimit']);
  });

  it('can be compared where both configs ask the same of it, and not where they do not', async () => {
    const gold = config([token('shop'), { authorize: { claims: { tier: { equals: 'gold' } } } }]);
    const silver = config([token('shop'), { authorize: { claims: { tier: { equals: 'silver' } } } }]);
    const same = await replayed([bearer], gold, gold);
    assert.deepEqual([same.changed, same.undecidable.count, same.undecidable.alike], [0, 0, 1]);
    assert.equal((await replayed([bearer], silver, gold)).undecidable.count, 1);
    const other = await replayed([bearer], config([token('bank')]), config([token('shop')]));
    assert.deepEqual(
      other.undecidable.reasons.map(({ fact }) => fact),
      ['token', 'token'],
    );
  });
});

describe('what else a recording does not hold', () => {
  it('cannot be decided by: addresses, and bodies of which the length was kept', async () => {
    const filter = await replayed([known], config([keyed, { ipFilter: { allow: ['10.0.0.0/8'] } }]));
    assert.deepEqual(
      filter.undecidable.reasons.map(({ fact, policy }) => [fact, policy]),
      [['address', 'ipFilter']],
    );
    const schema = { type: 'object', required: ['id'] };
    const validate = config([{ validate: { body: schema } }]);
    const post = (body: RecordedBodyPart): ExchangeParts => ({
      method: 'POST',
      path: '/x',
      upstreamMs: 1,
      route: 'r',
      body,
      headers: { 'content-type': 'application/json' },
    });
    const { undecidable, groups } = await replayed(
      [post({ bytes: 9, sha256: null }), post({ text: '{}' }), post({ text: '{"id":1}' })],
      validate,
    );
    assert.deepEqual(
      undecidable.reasons.map(({ fact }) => fact),
      ['body'],
    );
    assert.deepEqual(
      groups.map(({ cause, count }) => [cause, count]),
      [['refused', 1]],
    );
  });
});

describe("a policy of a user's own", () => {
  it('that waits for something is passed over without being run, as is one that swallows what it cannot know', async () => {
    const waits = `export const policy = { name: 'waits', phase: 'authorization', needs: ['promise'], create: () => ({
      onRequest: (decision) => decision.wait({ kind: 'promise', limit: 100, run: () => { throw new Error('was run') } }, () => 0),
      onResponse: null, onEnd: null }) };`;
    const swallows = `export const policy = { name: 'swallows', phase: 'authorization', needs: [], create: () => ({
      onRequest(decision) { try { return decision.claims.tier === 'gold' ? 0 : 1 } catch { return 0 } },
      onResponse: null, onEnd: null }) };`;
    bench.write('waits.js', waits);
    bench.write('swallows.js', swallows);
    const first = await replayed([known], config([keyed, { use: './waits.js' }]));
    assert.deepEqual([first.changed, first.undecidable.reasons.map(({ fact }) => fact)], [0, ['module']]);
    const second = await replayed([bearer], config([token('shop'), { use: './swallows.js' }]));
    assert.deepEqual([second.changed, second.undecidable.reasons.map(({ fact }) => fact)], [0, ['claims']]);
  });
});

type RecordedBodyPart = NonNullable<ExchangeParts['body']>;

describe('test credentials', () => {
  it('take the place of pseudonyms, reach the policies themselves, and are not shown', async () => {
    const secrets = bench.write(
      'secrets.json',
      JSON.stringify({ [pseudonym(1)]: KEY, [pseudonym(2)]: 'a-wrong-key-012345' }),
    );
    const wrong = { ...known, headers: { 'x-api-key': pseudonym(2) }, path: `/a?k=${pseudonym(2)}` };
    const now = config([keyed, { rateLimit: { limit: '1/h', by: { header: 'x-api-key' } } }]);
    const report = await replayed([known, known, wrong], now, null, '--secrets', secrets);
    assert.deepEqual(
      [report.stoodIn, causes(report)],
      [0, ['1 refused rate_limited', '1 refused credentials_invalid']],
    );
    assert.doesNotMatch(JSON.stringify(report), /a-wrong-key|a-real-key/);
  });

  it('that are none are wrong use, without a word of their values', async () => {
    const now = bench.write('new.yaml', config([keyed]));
    for (const text of [
      '[',
      '[]',
      '{"acme":"secret-1"}',
      `{"${pseudonym(1)}":5}`,
      `{"${pseudonym(1)}":"secret-1\\n"}`,
    ]) {
      const args = ['--recording', bench.record([known]), '-c', now, '--secrets', bench.write('bad.json', text)];
      const { status, stderr } = await bench.run(...args);
      assert.equal(status, 2, text);
      assert.match(stderr, /^penstock replay: --secrets: /);
      assert.doesNotMatch(stderr, /secret-1/);
    }
  });
});
