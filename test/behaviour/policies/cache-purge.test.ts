import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { before, describe, it } from 'node:test';
import { fileLifetime } from '../../support/file-lifetime.ts';
import type { Gateway } from '../../support/gateway.ts';
import { type CacheOrigin, cacheConfig, cacheGateway, cacheOrigin, call, text } from './cache-origin.ts';

const file = fileLifetime();
const TOKEN = 'a-token-of-an-admin';
let origin: CacheOrigin;
let gateway: Gateway;

before(async () => {
  origin = await cacheOrigin(file);
  gateway = await cacheGateway(
    file,
    origin.url,
    {},
    {
      acceptors: 2,
      more: { admin: { address: '127.0.0.1:0', token: TOKEN } },
    },
  );
});

async function purge(body: unknown, token = TOKEN) {
  const response = await fetch(new URL('/cache/purge', gateway.urlOf('admin')), {
    method: 'POST',
    body: typeof body === 'string' ? body : JSON.stringify(body),
    headers: { authorization: `Bearer ${token}` },
  });
  return { status: response.status, answer: (await response.json()) as Record<string, unknown> };
}

const has = async (path: string) =>
  (await call(file, gateway, path, { headers: ['cache-control: only-if-cached'] })).status === 200;

/** Asks until both acceptors have it: which of them takes a connection is the kernel's choice. */
async function fillBoth(path: string, headers: Readonly<Record<string, string>> = {}): Promise<void> {
  origin.at(path, text(path, { 'cache-control': 'max-age=60', ...headers }));
  const asked = origin.asked.get(path) ?? 0;
  for (let tries = 0; (origin.asked.get(path) ?? 0) < asked + 2; tries++) {
    assert.ok(tries < 200, 'both acceptors take connections');
    await call(file, gateway, path);
  }
}

describe('purging', () => {
  it('drops a path in every acceptor, whose stores are independent, and says how many responses those held', async () => {
    await fillBoth('/p');
    assert.deepEqual(await purge({ path: '/p' }), { status: 200, answer: { acceptors: 2, dropped: 2 } });
    for (let tries = 0; tries < 20; tries++) assert.equal(await has('/p'), false);
    assert.deepEqual((await purge({ path: '/p' })).answer, { acceptors: 2, dropped: 0 });
  });

  it('drops by prefix, by surrogate key, and of one host', async () => {
    await fillBoth('/pre/1', { 'surrogate-key': 'one all' });
    await fillBoth('/pre/2', { 'surrogate-key': 'two all' });
    assert.equal((await call(file, gateway, '/pre/1')).header('surrogate-key'), undefined);
    assert.deepEqual((await purge({ prefix: '/pre/', host: 'other.example' })).answer, { acceptors: 2, dropped: 0 });
    assert.deepEqual((await purge({ key: 'one', host: 'SHOP.example' })).answer, { acceptors: 2, dropped: 2 });
    assert.equal(await has('/pre/2'), true);
    assert.deepEqual((await purge({ prefix: '/pre/' })).answer, { acceptors: 2, dropped: 2 });
    await fillBoth('/pre/1', { 'surrogate-key': 'one all' });
    assert.deepEqual((await purge({ key: 'all' })).answer, { acceptors: 2, dropped: 2 });
  });

  it('says what is wrong with a request that it does not understand', async () => {
    for (const body of [
      '',
      '[]',
      '{',
      '{}',
      '{"path":""}',
      '{"path":7}',
      '{"path":"a"}',
      '{"path":"/a","key":"b"}',
      '{"paths":"/a"}',
      '{"host":"a"}',
    ]) {
      const { status, answer } = await purge(body);
      assert.deepEqual([status, answer['code']], [400, 'admin_request_invalid'], body);
    }
    assert.equal((await purge(JSON.stringify({ path: `/${'a'.repeat(20_000)}` }))).status, 413);
    assert.equal((await purge({ path: '/p' }, 'wrong')).status, 401);
    const got = await fetch(new URL('/cache/purge', gateway.urlOf('admin')), {
      headers: { authorization: `Bearer ${TOKEN}` },
    });
    assert.deepEqual([got.status, got.headers.get('allow')], [405, 'POST']);
  });
});

describe('a reload', () => {
  it('keeps what is stored', async () => {
    const one = await cacheGateway(file, origin.url, {});
    origin.at('/kept', text('kept', { 'cache-control': 'max-age=600' }));
    await call(file, one, '/kept');
    const asked = origin.asked.get('/kept');
    // Other options make another policy; the store is the same.
    writeFileSync(one.configPath, JSON.stringify(cacheConfig(origin.url, { maxTtl: '1h' })));
    one.signal('SIGHUP');
    await one.printed(/generation 2 is live/);
    assert.match((await call(file, one, '/kept')).header('cache-status')!, /hit/);
    assert.equal(origin.asked.get('/kept'), asked);
  });
});
