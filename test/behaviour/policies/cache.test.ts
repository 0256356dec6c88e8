import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { before, describe, it } from 'node:test';
import { readMetrics } from '../../support/admin.ts';
import { fileLifetime } from '../../support/file-lifetime.ts';
import type { Gateway } from '../../support/gateway.ts';
import { type CacheOrigin, cacheGateway, cacheOrigin, call, text } from './cache-origin.ts';

const file = fileLifetime();
let origin: CacheOrigin;
let gateway: Gateway;

before(async () => {
  origin = await cacheOrigin(file);
  gateway = await cacheGateway(file, origin.url, {}, { accessLog: { to: 'stdout' } });
});

const get = (path: string, ...headers: string[]) => call(file, gateway, path, { headers });
const LONG_AGO = 'Sun, 06 Nov 1994 08:49:37 GMT';

/** Asks twice; how often the origin was asked, and the second answer. */
async function twice(path: string, ...headers: string[]) {
  await get(path, ...headers);
  const second = await get(path, ...headers);
  return { asked: origin.asked.get(path)!, second };
}

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

  it('takes the age of a response from its Date, too, when that says more', async () => {
    const made = new Date(Date.now() - 100_000).toUTCString();
    origin.at('/old', (_, response) => {
      response.sendDate = false;
      response.writeHead(200, { 'cache-control': 'max-age=600', date: made }).end('old');
    });
    const { second } = await twice('/old');
    assert.match(second.header('age')!, /^10[0-3]$/);
  });

  for (const [what, headers, isStored] of [
    ['max-age', { 'cache-control': 'max-age=60' }, true],
    ['s-maxage before max-age', { 'cache-control': 'max-age=60, s-maxage=0' }, false],
    ['Expires', { expires: new Date(Date.now() + 60_000).toUTCString() }, true],
    ['an Expires that is no date', { expires: '0' }, false],
    ['a Last-Modified long ago', { 'last-modified': LONG_AGO }, true],
    ['nothing about freshness', {}, false],
    ['no-store', { 'cache-control': 'max-age=60, no-store' }, false],
    ['private', { 'cache-control': 'max-age=60, private' }, false],
    ['Vary: *', { 'cache-control': 'max-age=60', vary: 'accept, *' }, false],
    ['a cookie', { 'cache-control': 'max-age=60', 'set-cookie': 'a=b' }, false],
    ['a cookie it withholds', { 'cache-control': 'max-age=60, no-cache="Set-Cookie"', 'set-cookie': 'a=b' }, true],
    ['no-cache', { 'cache-control': 'max-age=60, no-cache' }, false],
  ] as const) {
    it(`${isStored ? 'answers' : 'asks the origin'} when the response says ${what}`, async () => {
      const path = `/says-${encodeURIComponent(what).replaceAll(/[^a-z]/gi, '')}`;
      origin.at(path, text('x', headers));
      const { asked, second } = await twice(path);
      assert.equal(asked, isStored ? 1 : 2);
      if (isStored) assert.equal(second.header('set-cookie'), undefined);
    });
  }

  it('stores a response to a request with Authorization only when it says that it may be shared', async () => {
    origin.at('/auth', text('secret', { 'cache-control': 'max-age=60' }));
    origin.at('/auth-public', text('open', { 'cache-control': 'max-age=60, public' }));
    assert.equal((await twice('/auth', 'authorization: Bearer x')).asked, 2);
    assert.equal((await twice('/auth-public', 'authorization: Bearer x')).asked, 1);
  });

  it('does not guess for requests with a cookie', async () => {
    origin.at('/cookie', text('you', { 'last-modified': LONG_AGO }));
    assert.equal((await twice('/cookie', 'cookie: session=1')).asked, 2);
    assert.equal((await twice('/cookie')).asked, 3);
    await get('/cookie', 'cookie: session=2');
    assert.equal(origin.asked.get('/cookie'), 3, 'what was stored without a cookie is for everyone');
  });

  it('does not keep what another host, port, query or scheme of proxy was sent', async () => {
    origin.at('/key', (request, response) => {
      response.writeHead(200, { 'cache-control': 'max-age=60' }).end(`${request.headers.host} ${request.url}`);
    });
    for (const host of ['a.example', 'b.example', 'a.example:8080']) {
      for (const path of ['/key', '/key?', '/key?a=1', '/key?a=1&b=2', '/key?b=2&a=1']) {
        const { body } = await call(file, gateway, path, { host });
        assert.equal(body.toString(), `${host} ${path}`);
        const again = await call(file, gateway, path, { host });
        assert.equal(again.body.toString(), `${host} ${path}`);
        assert.match(again.header('cache-status')!, /hit/);
      }
    }
  });

  it('tells variants apart by the headers in Vary', async () => {
    origin.at('/vary', (request, response) => {
      const language = request.headers['accept-language'] ?? 'none';
      response.writeHead(200, { 'cache-control': 'max-age=60', vary: 'Accept-Language' }).end(language);
    });
    for (const round of ['fills', 'is answered']) {
      for (const language of ['de', 'en, fr', null]) {
        const headers = language === null ? [] : [`accept-language: ${language}`];
        const { body } = await get('/vary', ...headers);
        assert.equal(body.toString(), language ?? 'none', round);
      }
    }
    assert.equal(origin.asked.get('/vary'), 3);
    assert.equal((await get('/vary', 'accept-language: en,fr')).body.toString(), 'en, fr');
    assert.match((await get('/vary', 'accept-language: it')).header('cache-status')!, /fwd=vary-miss; stored/);
  });

  it('answers HEAD from a stored GET, and stores nothing of a HEAD', async () => {
    origin.at('/head', text('12345', { 'cache-control': 'max-age=60' }));
    await call(file, gateway, '/head', { method: 'HEAD' });
    await call(file, gateway, '/head', { method: 'HEAD' });
    assert.equal(origin.asked.get('/head'), 2);
    await get('/head');
    const head = await call(file, gateway, '/head', { method: 'HEAD' });
    assert.equal(origin.asked.get('/head'), 3);
    assert.deepEqual([head.status, head.header('content-length'), head.body.length], [200, '5', 0]);
  });

  it('answers a client that has it already with 304', async () => {
    origin.at('/has', text('body', { 'cache-control': 'max-age=60', etag: 'W/"1"', 'last-modified': LONG_AGO }));
    await get('/has');
    for (const condition of ['if-none-match: "0", "1"', `if-modified-since: ${LONG_AGO}`]) {
      const answer = await get('/has', condition);
      assert.equal(answer.status, 304, condition);
      assert.equal(answer.header('etag'), 'W/"1"');
      assert.notEqual(answer.header('age'), undefined);
    }
    const other = await get('/has', 'if-none-match: "2"', `if-modified-since: ${LONG_AGO}`);
    assert.equal(other.status, 200);
    assert.equal(origin.asked.get('/has'), 1);
  });

  it('asks the origin whether something stale still holds, and renews it when it does', async () => {
    let version = 1;
    origin.at('/holds', (request, response) => {
      const etag = `"${version}"`;
      const headers = { 'cache-control': version === 1 ? 'max-age=0' : 'max-age=60', etag, 'x-seen': String(version) };
      if (request.headers['if-none-match'] === '"1"' && version === 1)
        response.writeHead(304, { ...headers, 'x-seen': 'again' }).end();
      else response.writeHead(200, headers).end(`version ${version}`);
    });
    await get('/holds');
    const renewed = await get('/holds');
    assert.deepEqual([renewed.status, renewed.body.toString()], [200, 'version 1']);
    assert.equal(renewed.header('x-seen'), 'again', 'a 304 renews the headers');
    assert.match(renewed.header('cache-status')!, /^penstock; fwd=stale; fwd-status=304; ttl=-?\d+$/);
    const mine = await get('/holds', 'if-none-match: "1"');
    assert.equal(mine.status, 304);
    version = 2;
    assert.equal((await get('/holds')).body.toString(), 'version 2');
    assert.match((await get('/holds')).header('cache-status')!, /hit/);
    assert.equal(origin.asked.get('/holds'), 4);
  });

  it('minds what the request says', async () => {
    origin.at('/asked', text('x', { 'cache-control': 'max-age=60', age: '10' }));
    await get('/asked');
    assert.match((await get('/asked', 'cache-control: max-age=30')).header('cache-status')!, /hit/);
    assert.match((await get('/asked', 'cache-control: max-age=5')).header('cache-status')!, /fwd=request/);
    assert.match((await get('/asked', 'cache-control: min-fresh=55')).header('cache-status')!, /fwd=request/);
    assert.match((await get('/asked', 'cache-control: no-cache')).header('cache-status')!, /fwd=request/);
    assert.match((await get('/asked', 'pragma: no-cache')).header('cache-status')!, /fwd=request/);
    assert.match((await get('/asked', 'cache-control: only-if-cached')).header('cache-status')!, /hit/);
    const none = await get('/never', 'cache-control: only-if-cached');
    assert.deepEqual([none.status, none.header('penstock-error')], [504, 'cache_only']);
    assert.equal(origin.asked.get('/never'), undefined);
    origin.at('/unkept', text('x', { 'cache-control': 'max-age=60' }));
    assert.equal((await twice('/unkept', 'cache-control: no-store')).asked, 2);
    origin.at('/limp', text('x', { 'cache-control': 'max-age=1', age: '5' }));
    await get('/limp');
    assert.match((await get('/limp', 'cache-control: max-stale=60')).header('cache-status')!, /hit; ttl=-/);
    assert.match((await get('/limp')).header('cache-status')!, /fwd=stale/);
  });

  it('serves parts of what it has whole, and leaves parts of what it has not to the origin', async () => {
    origin.at('/part', (request, response) => {
      const headers = { 'cache-control': 'max-age=60', etag: '"p"' };
      if (request.headers.range === undefined) response.writeHead(200, headers).end('0123456789');
      else response.writeHead(206, { ...headers, 'content-range': 'bytes 2-3/10' }).end('23');
    });
    const passed = await get('/part', 'range: bytes=2-3');
    assert.deepEqual([passed.status, passed.body.toString()], [206, '23']);
    const whole = await get('/part');
    assert.deepEqual([whole.status, whole.body.toString()], [200, '0123456789']);
    for (const [range, body, contentRange] of [
      ['2-3', '23', 'bytes 2-3/10'],
      ['7-', '789', 'bytes 7-9/10'],
      ['-2', '89', 'bytes 8-9/10'],
      ['5-99', '56789', 'bytes 5-9/10'],
    ]) {
      const part = await get('/part', `range: bytes=${range}`);
      assert.deepEqual([part.status, part.body.toString(), part.header('content-range')], [206, body, contentRange]);
    }
    const beyond = await get('/part', 'range: bytes=10-');
    assert.deepEqual([beyond.status, beyond.header('content-range')], [416, 'bytes */10']);
    assert.equal((await get('/part', 'range: bytes=0-1,4-5')).status, 200);
    assert.equal((await get('/part', 'range: bytes=0-1', 'if-range: "q"')).status, 200);
    assert.equal((await get('/part', 'range: bytes=0-1', 'if-range: "p"')).status, 206);
    assert.equal(origin.asked.get('/part'), 2);
  });

  it('drops what an unsafe method has changed, with what its answer names', async () => {
    for (const path of ['/items', '/items/1', '/elsewhere'])
      origin.at(path, text(path, { 'cache-control': 'max-age=60' }));
    const fill = async () => {
      for (const path of ['/items', '/items?page=2', '/items/1', '/elsewhere']) await get(path);
    };
    const hits = async () => {
      const found = [];
      for (const path of ['/items', '/items?page=2', '/items/1', '/elsewhere']) {
        const { status } = await get(path, 'cache-control: only-if-cached');
        found.push(status);
      }
      return found;
    };
    await fill();
    assert.deepEqual(await hits(), [200, 200, 200, 200]);
    origin.at('/items', (request, response) => {
      const isPost = request.method === 'POST';
      const location = isPost ? { location: '/items/1', 'content-location': 'http://other.example/elsewhere' } : {};
      response.writeHead(isPost ? 201 : 200, { 'cache-control': 'max-age=60', ...location }).end('x');
    });
    await call(file, gateway, '/items', { method: 'POST', headers: ['content-length: 0'] });
    assert.deepEqual(await hits(), [504, 504, 504, 200]);
    await fill();
    origin.at('/items', text('no', {}, 409));
    await call(file, gateway, '/items', { method: 'POST', headers: ['content-length: 0'] });
    assert.deepEqual(await hits(), [200, 200, 200, 200], 'a request that failed has changed nothing');
  });

  it('does not store what was asked for before a change and came after it', async () => {
    let slow: ServerResponse | null = null;
    origin.at('/race', (request, response) => {
      if (request.method === 'POST') response.writeHead(204).end();
      else slow = response;
    });
    const reading = get('/race');
    await origin.askedFor('/race', 1);
    await call(file, gateway, '/race', { method: 'POST', headers: ['content-length: 0'] });
    slow!.writeHead(200, { 'cache-control': 'max-age=60' }).end('before the change');
    await reading;
    assert.equal((await get('/race', 'cache-control: only-if-cached')).status, 504);
  });

  it('stores nothing of a response that was cut off', async () => {
    origin.at('/cut', (_, response) => {
      response.writeHead(200, { 'cache-control': 'max-age=60', 'content-length': '10' });
      response.write('12345', () => response.destroy());
    });
    await assert.rejects(get('/cut'));
    assert.equal((await get('/cut', 'cache-control: only-if-cached')).status, 504);
  });

  it('counts hits and misses of the route, and logs them', async () => {
    origin.at('/counted', text('x', { 'cache-control': 'max-age=60' }));
    const before = await readMetrics(gateway);
    await twice('/counted');
    const after = await readMetrics(gateway);
    for (const result of ['hit', 'miss']) {
      const count = (page: typeof before) => page.sum('penstock_cache_requests_total', { route: 'all', result });
      assert.equal(count(after) - count(before), 1, result);
    }
    await gateway.printed(/"path":"\/counted".*"cache":"miss"(?:.|\n)*"path":"\/counted".*"cache":"hit"/);
  });
});
