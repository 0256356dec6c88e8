import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { DryRequestParts } from '../../../../src/decision/dry-run.ts';
import { originMatcher } from '../../../../src/decision/origin-matcher.ts';
import { ANSWERED, PASS } from '../../../../src/decision/policies/verdict.ts';
import { ask, makePolicy } from '../../../support/policies.ts';

type Lines = Readonly<Record<string, string>>;

const linesOf = (headers: readonly string[]): Lines =>
  Object.fromEntries(headers.flatMap((name, at) => (at % 2 === 0 ? [[name, headers[at + 1]!]] : [])));

async function preflight(options: unknown, origin: string, more: readonly string[] = []): Promise<Lines> {
  const headers = ['origin', origin, 'access-control-request-method', 'PUT', ...more];
  const { verdict, decision } = await ask(makePolicy('cors', options), { method: 'OPTIONS', headers });
  assert.equal(verdict, ANSWERED);
  assert.deepEqual([decision.own!.status, decision.own!.body], [204, null]);
  assert.equal(decision.responseHeaderChanges, null);
  return linesOf(decision.own!.headers);
}

async function marks(options: unknown, parts: DryRequestParts): Promise<Lines> {
  const { verdict, decision } = await ask(makePolicy('cors', options), parts);
  assert.equal(verdict, PASS);
  const changes = decision.responseHeaderChanges!;
  assert.ok(changes.hides('access-control-allow-origin') && changes.hides('access-control-allow-credentials'));
  return linesOf(changes.added);
}

const VARY = 'Origin, Access-Control-Request-Method, Access-Control-Request-Headers';

describe('cors', () => {
  it('answers a preflight with what is allowed', async () => {
    const options = {
      origins: ['https://a.example'],
      methods: ['GET', 'PUT'],
      headers: ['X-Team', 'content-type'],
      maxAge: '10m',
      exposedHeaders: ['x-total'],
    };
    assert.deepEqual(await preflight(options, 'https://a.example'), {
      vary: VARY,
      'access-control-allow-origin': 'https://a.example',
      'access-control-allow-methods': 'GET, PUT',
      'access-control-allow-headers': 'x-team, content-type',
      'access-control-max-age': '600',
    });
  });

  it('says nothing to origins that are not allowed', async () => {
    assert.deepEqual(await preflight({ origins: ['https://a.example'] }, 'https://b.example'), { vary: VARY });
  });

  it('repeats what was asked for where anything is allowed, unless it is no list of names', async () => {
    const options = { origins: ['https://a.example'], methods: ['*'], headers: ['*'], credentials: true };
    const asked = await preflight(options, 'https://a.example', ['access-control-request-headers', 'x-a,x-b']);
    assert.equal(asked['access-control-allow-methods'], 'PUT');
    assert.equal(asked['access-control-allow-headers'], 'x-a,x-b');
    assert.equal(asked['access-control-allow-credentials'], 'true');
    const odd = await preflight(options, 'https://a.example', ['access-control-request-headers', 'x-a: "b"']);
    assert.equal(odd['access-control-allow-headers'], undefined);
  });

  it('lets public pages use a private network when it is asked and told to', async () => {
    const asks = ['access-control-request-private-network', 'true'];
    const name = 'access-control-allow-private-network';
    const options = { origins: ['*'], privateNetwork: true };
    assert.equal((await preflight(options, 'https://a.example', asks))[name], 'true');
    assert.equal((await preflight(options, 'https://a.example'))[name], undefined);
    assert.equal((await preflight({ origins: ['*'] }, 'https://a.example', asks))[name], undefined);
  });

  it('marks responses for allowed origins, and says that others would get another', async () => {
    const options = { origins: ['https://a.example'], credentials: true, exposedHeaders: ['x-total', 'x-page'] };
    assert.deepEqual(await marks(options, { headers: ['origin', 'https://a.example'] }), {
      vary: 'Origin',
      'access-control-allow-origin': 'https://a.example',
      'access-control-allow-credentials': 'true',
      'access-control-expose-headers': 'x-total, x-page',
    });
    assert.deepEqual(await marks(options, { headers: ['origin', 'https://b.example'] }), { vary: 'Origin' });
    assert.deepEqual(await marks(options, {}), { vary: 'Origin' });
  });

  it('gives everyone the same where any origin may', async () => {
    for (const parts of [{}, { headers: ['origin', 'https://a.example'] }])
      assert.deepEqual(await marks({ origins: ['*'] }, parts), { 'access-control-allow-origin': '*' });
  });

  it('takes an OPTIONS request for a preflight only when it is one', async () => {
    for (const headers of [['origin', 'https://a.example'], ['access-control-request-method', 'PUT'], []])
      await marks({ origins: ['*'] }, { method: 'OPTIONS', headers });
    await marks(
      { origins: ['*'] },
      { method: 'POST', headers: ['origin', 'a', 'access-control-request-method', 'PUT'] },
    );
  });
});

describe('origins', () => {
  const isAllowed = originMatcher(['https://a.example', 'http://b.example:8080', 'https://*.example.com', 'null']);
  const allowed = [
    'https://a.example',
    'http://b.example:8080',
    'https://x.example.com',
    'https://x.y.example.com',
    'null',
  ];
  const others = [
    'http://a.example',
    'https://a.example:444',
    'https://a.example.evil',
    'https://example.com',
    'https://.example.com',
    'https://*.example.com',
    'https://evilexample.com',
    'https://evil.com/.example.com',
    'https://evil.com#.example.com',
    'https://a@x.example.com',
    'https://x.example.com:8443',
    'https://x..example.com',
    'HTTPS://a.example',
    '',
  ];
  for (const origin of allowed) it(`allows ${origin}`, () => assert.ok(isAllowed(origin)));
  for (const origin of others) it(`does not allow ${origin || 'nothing'}`, () => assert.ok(!isAllowed(origin)));
});
