import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import { fileLifetime } from '../../support/file-lifetime.ts';
import { type Gateway, type GatewayConfig, spawnGateway, startGateway } from '../../support/gateway.ts';
import { type FinalResponse, requestOnce } from '../../support/raw-client.ts';
import { type RecordingOrigin, recordingOrigin } from '../../support/recording-origin.ts';
import { tempDir } from '../../support/temp-dir.ts';
import { makeSigningKey, signToken } from '../../support/tokens.ts';

const file = fileLifetime();
const key = makeSigningKey('RS256', 'k1');
const pem = key.publicKey.export({ format: 'pem', type: 'spki' }) as string;
const soon = () => Math.floor(Date.now() / 1000) + 600;
const SECRET = 'from the environment, 32 bytes long';

let origin: RecordingOrigin;
let gateway: Gateway;
let token: string;

const configOf = (folder: string) => ({
  version: 1,
  listeners: [{ name: 'public', address: '127.0.0.1:0' }],
  runtime: { acceptors: 1 },
  telemetry: { accessLog: 'none' },
  upstreams: { origin: { endpoints: [origin.url] } },
  consumers: { acme: { subjects: ['alice'] } },
  policies: {
    token: [
      {
        jwt: {
          keys: [{ file: join(folder, 'issuer.pem') }],
          claimsToHeaders: { 'x-user': 'sub', 'x-org': 'org' },
          forward: false,
        },
      },
    ],
  },
  routes: [
    {
      name: 'by-query',
      match: { path: '/query/*' },
      policies: [{ jwt: { from: { query: 'jwt' }, keys: [{ pem }], forward: false } }],
      forward: { upstream: 'origin', stripPrefix: '/query' },
    },
    {
      name: 'by-secret',
      match: { path: '/secret' },
      policies: [{ jwt: { keys: [{ secret: `\${env:JWT_SECRET}` }], consumer: { required: true } } }],
      forward: { upstream: 'origin' },
    },
    { name: 'all', match: { path: '/*' }, policies: ['token'], forward: { upstream: 'origin' } },
  ],
});

before(async () => {
  origin = await recordingOrigin(file);
  const folder = tempDir(file);
  writeFileSync(join(folder, 'issuer.pem'), pem);
  gateway = await startGateway(file, configOf(folder), { env: { JWT_SECRET: SECRET } });
  token = await signToken(key, { sub: 'alice', exp: soon() });
});

const ask = (path: string, ...headers: string[]): Promise<FinalResponse> =>
  requestOnce(
    file,
    gateway.portOf('public'),
    `GET ${path} HTTP/1.1\r\nhost: a\r\n${headers.map((line) => `${line}\r\n`).join('')}\r\n`,
  );
const lastSeen = () => origin.seen.at(-1)!;

describe('a route with jwt', () => {
  it('refuses a request without a token, and says what it wants', async () => {
    const before = origin.seen.length;
    const response = await ask('/a');
    assert.equal(response.status, 401);
    assert.equal(response.header('penstock-error'), 'credentials_missing');
    assert.equal(response.header('www-authenticate'), 'Bearer realm="penstock"');
    assert.equal(origin.seen.length, before);
  });

  it('forwards one with a good token: its claims in, the token and what the client made up out', async () => {
    for (let time = 0; time < 3; time++) {
      const response = await ask('/a', `Authorization: Bearer ${token}`, 'X-User: root', 'X_User: root', 'x-org: evil');
      assert.equal(response.status, 200);
      const seen = lastSeen();
      assert.equal(seen.header('x-user'), 'alice');
      for (const name of ['authorization', 'x_user', 'x-org']) assert.equal(seen.header(name), undefined, name);
    }
  });

  it('refuses one with a bad token with its own code', async () => {
    const expired = await signToken(key, { sub: 'alice', exp: soon() - 1200 });
    const wrong = await signToken(makeSigningKey('RS256', 'k1'), { exp: soon() });
    for (const [bad, code] of [
      [expired, 'token_expired'],
      [wrong, 'token_signature_invalid'],
      ['a.b.c', 'token_malformed'],
      [token.slice(0, -10), 'token_signature_invalid'],
      [`${token}a`, 'token_malformed'],
    ]) {
      const response = await ask('/a', `authorization: Bearer ${bad}`);
      assert.equal(response.status, 401);
      assert.equal(response.header('penstock-error'), code);
      assert.match(
        response.header('www-authenticate')!,
        /^Bearer realm="penstock", error="invalid_token", error_description="[^"]+"$/,
      );
    }
  });

  it('refuses a token of no consumer with 403 where one is wanted; a secret comes from the environment', async () => {
    const { SignJWT } = await import('jose');
    const sign = (sub: string) =>
      new SignJWT({ sub, exp: soon() }).setProtectedHeader({ alg: 'HS256' }).sign(Buffer.from(SECRET));
    assert.equal((await ask('/secret', `authorization: bearer ${await sign('alice')}`)).status, 200);
    const response = await ask('/secret', `authorization: Bearer ${await sign('mallory')}`);
    assert.equal(response.status, 403);
    assert.equal(response.header('penstock-error'), 'consumer_unknown');
  });

  it('takes a token out of the query, and the prefix off the path', async () => {
    const response = await ask(`/query/a?x=1&jwt=${token}`);
    assert.equal(response.status, 200);
    assert.equal(lastSeen().target, '/a?x=1');
  });
});

describe('a config with keys that cannot be used', () => {
  it('is refused with the place of each, and nothing of a key is printed', async (t) => {
    const folder = tempDir(t);
    const privatePem = key.privateKey.export({ format: 'pem', type: 'pkcs8' }) as string;
    writeFileSync(join(folder, 'private.pem'), privatePem);
    writeFileSync(join(folder, 'keys.json'), JSON.stringify({ keys: [key.jwk, { ...key.jwk, use: 'enc' }] }));
    const keys = [
      { file: join(folder, 'private.pem') },
      { file: join(folder, 'keys.json') },
      { file: join(folder, 'none.pem') },
    ];
    const configWith = (list: readonly object[]): GatewayConfig => {
      const config = { ...configOf(folder), routes: [], policies: { token: list } };
      return config;
    };
    const refused = spawnGateway(t, configWith([{ jwt: { keys } }, { jwt: { keys: [{ secret: 'short-secret' }] } }]));
    assert.equal((await refused.exited()).code, 1);
    const text = refused.stdout + refused.stderr;
    assert.match(text, /private\.pem" is private, expected the public part alone/);
    assert.match(text, /key 2 in .*keys\.json" is not for signatures/);
    assert.match(text, /none\.pem": no such file/);
    assert.match(text, /policies\.token\[1\]\.jwt\.keys\[0\] has fewer than the 32 bytes that HS256 wants/);
    assert.doesNotMatch(text, /PRIVATE KEY|short-secret/);
  });
});
