import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { before, describe, it } from 'node:test';
import type { KeySetStatus } from '../../../src/supervisor/admin/status.ts';
import { readStatus, until } from '../../support/admin.ts';
import { fileLifetime } from '../../support/file-lifetime.ts';
import { type Gateway, startGateway } from '../../support/gateway.ts';
import { type KeySetAnswer, type KeySetOrigin, keySetOrigin, serveKeys } from '../../support/key-set-origin.ts';
import type { Lifetime } from '../../support/lifetime.ts';
import { requestOnce } from '../../support/raw-client.ts';
import { makeSigningKey, type SigningKey, signToken } from '../../support/tokens.ts';

const file = fileLifetime();
const first = makeSigningKey('ES256', 'first');
const second = makeSigningKey('ES256', 'second');
const soon = () => Math.floor(Date.now() / 1000) + 600;
const tokenOf = (key: SigningKey) => signToken(key, { sub: 'alice', exp: soon() });

const configOf = (url: string, keySet: object) => ({
  version: 1,
  listeners: [{ name: 'public', address: '127.0.0.1:0' }],
  admin: { address: '127.0.0.1:0' },
  runtime: { acceptors: 1 },
  telemetry: { accessLog: 'none' },
  routes: [
    {
      name: 'all',
      match: { path: '/*' },
      policies: [{ jwt: { keySet: { url, cooldown: '100ms', ...keySet } } }, { respond: { body: 'in' } }],
    },
  ],
});

interface Setup {
  readonly gateway: Gateway;
  readonly origin: KeySetOrigin;
}

async function start(t: Lifetime, answer: KeySetAnswer, keySet: object = {}): Promise<Setup> {
  const origin = await keySetOrigin(t, answer);
  return { origin, gateway: await startGateway(t, configOf(origin.url, keySet)) };
}

/** Status and code that a token of this key is answered with. */
async function outcome(gateway: Gateway, key: SigningKey, path = '/'): Promise<string> {
  const request = `GET ${path} HTTP/1.1\r\nhost: a\r\nauthorization: Bearer ${await tokenOf(key)}\r\n\r\n`;
  const response = await requestOnce(file, gateway.portOf('public'), request);
  return `${response.status} ${response.header('penstock-error') ?? ''}`.trim();
}

const keySetOf = async (gateway: Gateway): Promise<KeySetStatus> => (await readStatus(gateway)).keySets[0]!;

/** Waits for keys to have reached the acceptor. */
const becomes = (gateway: Gateway, key: SigningKey, wanted: string) =>
  until(
    wanted,
    () => outcome(gateway, key),
    (got) => got === wanted,
  );

describe('a key set', () => {
  it('is there before the first request', async (t) => {
    const { gateway, origin } = await start(t, serveKeys([first.jwk]));
    assert.equal(await outcome(gateway, first), '200');
    assert.equal(await outcome(gateway, first), '200');
    assert.equal(origin.asked, 1);
    const { url, keys, isStale, skipped, lastError } = await keySetOf(gateway);
    assert.deepEqual(
      { url, keys, isStale, skipped, lastError },
      { url: origin.url, keys: 1, isStale: false, skipped: [], lastError: null },
    );
  });

  it('is fetched again for a token with an unknown key; what it no longer holds is refused', async (t) => {
    const { gateway, origin } = await start(t, serveKeys([first.jwk]));
    assert.equal(await outcome(gateway, first), '200');
    origin.answer = serveKeys([second.jwk]);
    assert.equal(await outcome(gateway, first), '200');
    assert.equal(await outcome(gateway, second), '401 token_key_unknown');
    await becomes(gateway, second, '200');
    assert.equal(await outcome(gateway, first), '401 token_key_unknown');
  });

  it('is not fetched more often for unknown keys than its cooldown says', async (t) => {
    const { gateway, origin } = await start(t, serveKeys([first.jwk]), { cooldown: '1h' });
    for (let time = 0; time < 5; time++) assert.equal(await outcome(gateway, second), '401 token_key_unknown');
    await readStatus(gateway);
    assert.equal(origin.asked, 1);
  });

  it('is fetched again before it runs out', async (t) => {
    const { gateway, origin } = await start(t, serveKeys([first.jwk], 0), { refresh: { min: '100ms', max: '1s' } });
    assert.equal(await outcome(gateway, first), '200');
    origin.answer = serveKeys([first.jwk, second.jwk], 3600);
    await until(
      'two keys',
      () => keySetOf(gateway),
      ({ keys }) => keys === 2,
    );
    await becomes(gateway, second, '200');
  });

  it('is kept while its endpoint is down, and by an acceptor that takes the place of a dead one', async (t) => {
    const { gateway, origin } = await start(t, serveKeys([first.jwk], 0), { refresh: { min: '100ms', max: '1s' } });
    origin.answer = (response) => response.destroy();
    await until(
      'stale',
      () => keySetOf(gateway),
      ({ isStale }) => isStale,
    );
    assert.match((await keySetOf(gateway)).lastError!.message, /could not be fetched/);
    assert.equal(await outcome(gateway, first), '200');
    const [pid] = await gateway.acceptorPids();
    process.kill(pid!, 'SIGKILL');
    await until(
      'another acceptor',
      () => gateway.acceptorPids(),
      (pids) => pids.length === 1 && pids[0] !== pid,
    );
    assert.equal(await outcome(gateway, first), '200');
    origin.answer = serveKeys([first.jwk]);
    await until(
      'fresh',
      () => keySetOf(gateway),
      ({ isStale }) => !isStale,
    );
    assert.match(gateway.stderr, /key set \S+ could not be fetched .*; the old keys go on[\s\S]*is there again/);
  });

  it('is dropped when it is older than it may be', async (t) => {
    const settings = { refresh: { min: '100ms', max: '1s' }, maxStale: '1500ms' };
    const { gateway, origin } = await start(t, serveKeys([first.jwk], 0), settings);
    origin.answer = (response) => response.destroy();
    await becomes(gateway, first, '503 keys_unavailable');
    assert.equal((await keySetOf(gateway)).keys, null);
  });

  it('skips keys that cannot be used, and says why', async (t) => {
    const weak = makeSigningKey('RS256', 'weak', 1024);
    const { gateway } = await start(
      t,
      serveKeys([
        { ...second.jwk, use: 'enc' },
        weak.jwk,
        { kty: 'oct', k: 'c2VjcmV0', kid: 'shared' },
        { ...second.privateKey.export({ format: 'jwk' }), kid: 'leaked' },
        { ...second.jwk, alg: 'RS256', kid: 'mixed' },
        { kty: 'RSA', kid: 'empty' },
        ['no key'],
        first.jwk,
      ]),
    );
    assert.equal(await outcome(gateway, first), '200');
    assert.equal(await outcome(gateway, second), '401 token_key_unknown');
    const { keys, skipped } = await keySetOf(gateway);
    assert.equal(keys, 1);
    assert.deepEqual(skipped, [
      'key 1 ("second") is not for signatures (its "use")',
      'key 2 ("weak") has 1024 bits, expected at least 2048',
      'key 3 ("shared") is a secret, and what is published is none',
      'key 4 ("leaked") is private, expected the public part alone',
      'key 5 ("mixed") is of another type than its "alg" wants',
      'key 6 ("empty") is not a public key of a type that is known here',
      'key 7 is not a map',
    ]);
  });

  it('comes with a config that is taken while the gateway runs', async (t) => {
    const { gateway } = await start(t, serveKeys([first.jwk]));
    const other = await keySetOrigin(t, serveKeys([second.jwk]));
    writeFileSync(gateway.configPath, JSON.stringify(configOf(other.url, {})));
    gateway.signal('SIGHUP');
    await gateway.printed(/generation 2 is live/);
    assert.equal(await outcome(gateway, second), '200');
    assert.equal(await outcome(gateway, first), '401 token_key_unknown');
    assert.equal((await keySetOf(gateway)).url, other.url);
  });
});

describe('a key set that cannot be had', () => {
  const endpoints: readonly [what: string, answer: KeySetAnswer, error: RegExp, keySet?: object][] = [
    ['its endpoint closes the connection', (response) => response.destroy(), /^could not be fetched \(/],
    ['its endpoint is too slow', () => {}, /^did not arrive within 200 ms$/, { timeout: '200ms' }],
    ['its body is too slow', (response) => response.write('{'), /^did not arrive within 200 ms$/, { timeout: '200ms' }],
    [
      'it is huge',
      (response) => response.end(JSON.stringify({ keys: [], x: 'x'.repeat(300_000) })),
      /^is larger than 256 KiB$/,
    ],
    [
      'its endpoint serves HTML',
      (response) => response.setHeader('content-type', 'text/html').end('<html>'),
      /^is not JSON \(text\/html\)$/,
    ],
    [
      'its endpoint redirects',
      (response) => response.writeHead(302, { location: '/elsewhere' }).end(),
      /^redirects, which is not followed$/,
    ],
    ['its endpoint fails', (response) => response.writeHead(500).end(), /^was answered with status 500$/],
    ['it is no set', (response) => response.end('[]'), /^is JSON, but has no list of keys$/],
  ];

  const origins: KeySetOrigin[] = [];
  let gateway: Gateway;
  before(async () => {
    for (const [, answer] of endpoints) origins.push(await keySetOrigin(file, answer));
    const config = configOf('http://127.0.0.1', {});
    const routes = endpoints.map(([name, , , keySet], index) => ({
      name: `route-${index}`,
      match: { path: `/${index}` },
      policies: [{ jwt: { keySet: { url: origins[index]!.url, ...keySet } } }, { respond: { body: name } }],
    }));
    gateway = await startGateway(file, { ...config, ...{ routes } });
  });

  for (const [index, [what, , error]] of endpoints.entries()) {
    it(`is 503 keys_unavailable when ${what}`, async () => {
      assert.equal(await outcome(gateway, first, `/${index}`), '503 keys_unavailable');
      const find = async () => (await readStatus(gateway)).keySets.find(({ url }) => url === origins[index]!.url)!;
      const { keys, isStale, lastError } = await until('an error', find, (set) => set.lastError !== null);
      assert.deepEqual({ keys, isStale }, { keys: null, isStale: true });
      assert.match(lastError!.message, error);
    });
  }

  it('is used as soon as it can be had', async () => {
    for (const origin of origins) origin.answer = serveKeys([first.jwk]);
    const ask = () => Promise.all(origins.map((_, index) => outcome(gateway, first, `/${index}`)));
    await until('200', ask, (all) => all.every((got) => got === '200'), 30_000);
  });
});
