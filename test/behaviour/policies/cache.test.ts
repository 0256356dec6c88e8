import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { fileLifetime } from '../../support/file-lifetime.ts';
import type { Gateway } from '../../support/gateway.ts';
import { type CacheOrigin, cacheGateway, cacheOrigin, call, text } from './cache-origin.ts';

const file = fileLifetime();
let origin: CacheOrigin;
let gateway: Gateway;

before(async () => {
  origin = await cacheOrigin(file);
  gateway = await cacheGateway(file, origin.url, {});
});

const get = (path: string, ...headers: string[]) => call(file, gateway, path, { headers });

describe('a cache', () => {
  it('sends again what the origin sent, with its age, and says so', async () => {
    origin.at('/fresh', text('hello', { 'cache-control': 'max-age=60', age: '7', 'x-kind': 'greeting' }));
    const first = await get('/fresh');
    const second = await get('/fresh');
    assert.equal(origin.asked.get('/fresh'), 1);
    assert.deepEqual([first.status, first.body.toString()], [200, 'hello']);
    assert.equal(first.header('cache-status'), 'penstock; fwd=uri-miss; stored');
    assert.deepEqual([second.status, second.body.toString()], [200, 'hello']);
    assert.match(second.header('cache-status')!, /^penstock; hit; ttl=5[0-9]$/);
    assert.match(second.header('age')!, /^[789]$/);
    assert.equal(second.header('x-kind'), 'greeting');
    assert.notEqual(second.header('x-request-id'), first.header('x-request-id'));
  });
});
