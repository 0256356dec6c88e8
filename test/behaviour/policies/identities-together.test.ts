/** Several policies that find out who asks, on one route: none of them is a way around another, and the cache minds all. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { before, describe, it } from 'node:test';
import { hashPassword } from '../../../src/decision/passwords.ts';
import { fileLifetime } from '../../support/file-lifetime.ts';
import { type RecordingOrigin, recordingOrigin } from '../../support/recording-origin.ts';
import { makeSigningKey, signToken } from '../../support/tokens.ts';
import { get, outcomeOf, policyGateway } from './policy-gateway.ts';

const file = fileLifetime();
const issuer = makeSigningKey('ES256', 'one');
const jwt = (more: object): object => ({ jwt: { keys: [{ jwk: issuer.jwk }], ...more } });
const byCookie = jwt({ from: { cookie: 'token' }, claimsToHeaders: { 'x-device': 'sub' } });
const routes = {
  '/key-basic': [{ keyAuth: {} }, { basicAuth: { realm: 'r' } }, { cache: { ttl: '1m' } }],
  '/key-token': [{ keyAuth: {} }, jwt({}), { cache: { ttl: '1m' } }],
  '/two-tokens': [byCookie, jwt({ claimsToHeaders: { 'x-user': 'sub' } }), { cache: { ttl: '1m' } }],
  '/optional-token': [jwt({ optional: true, forward: true })],
  '/optional-basic': [{ basicAuth: { realm: 'r', optional: true } }],
  '/any': [{ keyAuth: { optional: true } }, jwt({ optional: true }), { authorize: {} }],
};
let origin: RecordingOrigin;
let port: number;

before(async () => {
  origin = await recordingOrigin(file);
  const consumers = {
    acme: { keys: ['acme-key'] },
    globex: { keys: ['globex-key'], subjects: ['user-of-both'] },
    maria: { passwords: [await hashPassword('secret', randomBytes(16))] },
  };
  port = (await policyGateway(file, { upstream: origin.url, routes, consumers })).portOf('public');
});

const token = (sub: string): Promise<string> => signToken(issuer, { sub, exp: Math.floor(Date.now() / 1000) + 600 });
const basic = `Authorization: Basic ${Buffer.from('maria:secret').toString('base64')}`;
const ACME = 'x-api-key: acme-key';
const GLOBEX = 'x-api-key: globex-key';

describe('what the cache has for two identities', () => {
  it('is for both together: a stored response is not for one of them with somebody else', async (t) => {
    const bearer = `Authorization: Bearer ${await token('user-of-both')}`;
    const first = `Cookie: token=${await token('first')}`;
    const second = `Cookie: token=${await token('second')}`;
    for (const [path, one, other, both] of [
      ['/key-basic/a', ACME, GLOBEX, basic],
      ['/key-token/a', ACME, GLOBEX, bearer],
      ['/two-tokens/a', first, second, bearer],
    ] as const) {
      const ask = async (line: string): Promise<string | undefined> =>
        (await get(t, port, path, line, both)).header('cache-status');
      assert.match((await ask(one)) ?? '', /stored/, path);
      assert.match((await ask(other)) ?? '', /fwd=uri-miss; stored/, path);
      assert.match((await ask(one)) ?? '', /hit/, path);
    }
  });
});

describe('optional credentials', () => {
  it('are not passed on unchecked behind others, or behind a tab', async (t) => {
    const seenBefore = origin.seen.length;
    const forged = `${(await token('nobody')).slice(0, -8)}AAAAAAAA`;
    for (const lines of [
      ['Authorization: Basic YTpi', `Authorization: Bearer ${forged}`],
      ['Authorization: ', `Authorization: Bearer ${forged}`],
      [`Authorization: Bearer\t${forged}`],
    ]) {
      assert.equal(outcomeOf(await get(t, port, '/optional-token/a', ...lines)), '401 token_malformed', lines[0]);
    }
    const tab = `Authorization: Basic\t${Buffer.from('maria:wrong').toString('base64')}`;
    assert.equal(outcomeOf(await get(t, port, '/optional-basic/a', tab)), '401 credentials_invalid');
    assert.equal(origin.seen.length, seenBefore);
  });

  it('of another scheme pass, alone', async (t) => {
    assert.equal(
      (await get(t, port, '/optional-token/a', 'Authorization: Digest a="b"', 'x: authorization')).status,
      200,
    );
  });

  it('are all named where one of them is wanted after all', async (t) => {
    const response = await get(t, port, '/any/a');
    assert.equal(outcomeOf(response), '401 credentials_missing');
    assert.equal(response.header('www-authenticate'), 'ApiKey header="x-api-key", Bearer realm="penstock"');
  });
});
