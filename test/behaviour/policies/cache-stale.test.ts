import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { before, describe, it } from 'node:test';
import { readMetrics, until } from '../../support/admin.ts';
import { fileLifetime } from '../../support/file-lifetime.ts';
import type { Gateway } from '../../support/gateway.ts';
import { type CacheOrigin, cacheGateway, cacheOrigin, call, text } from './cache-origin.ts';

const file = fileLifetime();
let origin: CacheOrigin;
let gateway: Gateway;

before(async () => {
  origin = await cacheOrigin(file);
  const behind = [{ headers: { request: { set: { 'x-behind': 'yes' } }, response: { add: { 'x-added': 'behind' } } } }];
  gateway = await cacheGateway(file, origin.url, {}, { behind });
});

const get = (path: string, ...headers: string[]) => call(file, gateway, path, { headers });
/** Stale by ten seconds when it arrives. */
const STALE = { age: '20' };

describe('a stale response', () => {
  it('answers at once while it is asked for anew behind the client, through the same policies (RFC 5861)', async () => {
    const headers = { ...STALE, 'cache-control': 'max-age=10, stale-while-revalidate=100' };
    origin.at('/swr', text('old', headers));
    await get('/swr');
    let asked: ServerResponse | null = null;
    origin.at('/swr', (_, response) => {
      asked = response;
    });
    const requests = (await readMetrics(gateway)).sum('penstock_requests_total', { route: 'all' });
    const stale = await get('/swr');
    assert.equal(stale.body.toString(), 'old');
    assert.match(stale.header('cache-status')!, /^penstock; hit; ttl=-1\d$/);
    await origin.askedFor('/swr', 2);
    assert.equal(asked!.req.headers['x-behind'], 'yes');
    assert.equal((await get('/swr')).body.toString(), 'old');
    assert.equal(origin.asked.get('/swr'), 2, 'one is enough');
    asked!.writeHead(200, { 'cache-control': 'max-age=60' }).end('new');
    const fresh = await until(
      'new',
      () => get('/swr'),
      ({ body }) => body.toString() === 'new',
    );
    assert.match(fresh.header('cache-status')!, /^penstock; hit; ttl=[56]\d$/);
    assert.equal(fresh.header('x-added'), 'behind');
    assert.equal(origin.asked.get('/swr'), 2);
    // What nobody asked for is nobody's request.
    const after = (await readMetrics(gateway)).sum('penstock_requests_total', { route: 'all' });
    assert.ok(after - requests >= 3);
  });

  it('is renewed behind the client by a 304', async () => {
    const headers = { ...STALE, 'cache-control': 'max-age=10, stale-while-revalidate=100', etag: '"1"' };
    origin.at('/swr-304', text('kept', headers));
    await get('/swr-304');
    origin.at('/swr-304', (request, response) => {
      assert.equal(request.headers['if-none-match'], '"1"');
      response.writeHead(304, { 'cache-control': 'max-age=60', etag: '"1"' }).end();
    });
    await get('/swr-304', 'if-none-match: "0"');
    const fresh = await until(
      'fresh',
      () => get('/swr-304'),
      (answer) => !answer.header('cache-status')!.includes('ttl=-'),
    );
    assert.equal(fresh.body.toString(), 'kept');
    assert.equal(fresh.header('x-added'), 'behind', 'added once, not once for each time');
    assert.equal(origin.asked.get('/swr-304'), 2);
  });

  it('answers when the origin fails, if it says that it may (RFC 5861)', async () => {
    const headers = { ...STALE, 'cache-control': 'max-age=10, stale-if-error=100' };
    origin.at('/sie', text('good', headers));
    await get('/sie');
    origin.at('/sie', text('bad', {}, 503));
    const kept = await get('/sie');
    assert.deepEqual([kept.status, kept.body.toString()], [200, 'good']);
    assert.match(kept.header('cache-status')!, /^penstock; fwd=stale; fwd-status=503; ttl=-\d+$/);
    assert.equal(kept.header('x-added'), 'behind', 'what was added to the failure is not on what answers in its place');
    origin.at('/sie', (_, response) => response.destroy());
    const cut = await get('/sie');
    assert.deepEqual([cut.status, cut.body.toString()], [200, 'good']);
    assert.equal(cut.header('penstock-error'), undefined);
    origin.at('/sie', text('gone', {}, 404));
    assert.equal((await get('/sie')).status, 404, 'a 404 is an answer');
  });

  for (const [what, control] of [
    ['it does not say so', 'max-age=10'],
    ['it says must-revalidate', 'max-age=10, stale-if-error=100, stale-while-revalidate=100, must-revalidate'],
    ['it is too old', 'max-age=10, stale-if-error=1, stale-while-revalidate=1'],
  ]) {
    it(`does not answer when ${what}`, async () => {
      const path = `/no-${what.replaceAll(' ', '-')}`;
      origin.at(path, text('old', { ...STALE, 'cache-control': control, etag: '"1"' }));
      await get(path);
      origin.at(path, text('bad', {}, 503));
      assert.equal((await get(path)).status, 503);
      origin.at(path, (_, response) => response.destroy());
      const cut = await get(path);
      assert.deepEqual([cut.status, cut.header('penstock-error')], [502, 'upstream_closed']);
    });
  }

  it('answers as the config says where the response says nothing', async () => {
    const configured = await cacheGateway(file, origin.url, { staleIfError: '1m', staleWhileRevalidate: '1m' });
    origin.at('/said', text('old', { ...STALE, 'cache-control': 'max-age=10' }));
    await call(file, configured, '/said');
    assert.match((await call(file, configured, '/said')).header('cache-status')!, /hit; ttl=-1/);
    origin.at('/s-maxage', text('old', { ...STALE, 'cache-control': 's-maxage=10' }));
    await call(file, configured, '/s-maxage');
    const checked = await call(file, configured, '/s-maxage');
    assert.match(checked.header('cache-status')!, /fwd=stale/, 's-maxage means proxy-revalidate');
  });
});
