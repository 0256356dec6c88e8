import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { MemoryWatch } from '../../support/acceptor.ts';
import { fileLifetime } from '../../support/file-lifetime.ts';
import { rawClient } from '../../support/raw-client.ts';
import { type CacheOrigin, cacheGateway, cacheOrigin, call, requestText, text } from './cache-origin.ts';

const file = fileLifetime();
let origin: CacheOrigin;

before(async () => {
  origin = await cacheOrigin(file);
});

describe('the options of a cache', () => {
  const started = (cache: object, options = {}) => cacheGateway(file, origin.url, cache, options);

  it('give responses a lifetime that say nothing themselves, up to a limit', async () => {
    const one = await started({ ttl: '30s', maxTtl: '1m', status: false, statuses: [200] });
    origin.at('/silent', text('x'));
    origin.at('/long', text('x', { 'cache-control': 'max-age=3600, stale-while-revalidate=1', age: '100' }));
    for (const path of ['/silent', '/silent', '/silent']) {
      assert.equal((await call(file, one, path)).header('cache-status'), undefined);
    }
    assert.equal(origin.asked.get('/silent'), 1);
    await call(file, one, '/long');
    await call(file, one, '/long');
    assert.equal(origin.asked.get('/long'), 2, 'older than maxTtl');
    await call(file, one, '/not-there');
    await call(file, one, '/not-there');
    assert.equal(origin.asked.get('/not-there'), 2, '404 is not among the statuses');
  });

  it('go by the config alone where the origin is to be ignored, but for what is private', async () => {
    const one = await started({
      ttl: '30s',
      ignoreOrigin: true,
      methods: ['GET'],
      vary: ['x-tenant'],
      query: 'ignored',
    });
    origin.at('/no-store', text('x', { 'cache-control': 'no-store, max-age=0' }));
    origin.at('/private', text('x', { 'cache-control': 'private' }));
    for (const path of ['/no-store', '/no-store?a=1', '/private', '/private']) await call(file, one, path);
    assert.equal(origin.asked.get('/no-store'), 1);
    assert.equal(origin.asked.get('/no-store?a=1'), undefined);
    assert.equal(origin.asked.get('/private'), 2);
    await call(file, one, '/no-store', { headers: ['x-tenant: b'] });
    assert.equal(origin.asked.get('/no-store'), 2);
    assert.equal((await call(file, one, '/no-store', { method: 'HEAD' })).header('cache-status'), undefined);
  });

  it('bound what is stored, however much there is', async () => {
    const one = await started({}, { memory: '1MiB' });
    const body = 'x'.repeat(200 * 1024);
    for (let n = 0; n < 20; n++) {
      origin.at(`/big/${n}`, text(body, { 'cache-control': 'max-age=60' }));
      await call(file, one, `/big/${n}`);
    }
    let kept = 0;
    for (let n = 0; n < 20; n++) {
      const { status, body: got } = await call(file, one, `/big/${n}`, { headers: ['cache-control: only-if-cached'] });
      if (status === 200) {
        kept++;
        assert.equal(got.toString(), body);
      }
    }
    assert.ok(kept >= 1 && kept <= 5, `${kept} of 200 KiB in 1 MiB`);
  });

  it('send what policies behind the cache have made of a response, and leave alone what those before it do', async () => {
    const one = await started(
      { ttl: '30s' },
      {
        before: [],
        behind: [
          { headers: { response: { remove: ['x-secret'], set: { 'x-made': 'behind' }, add: { 'x-list': 'b' } } } },
        ],
      },
    );
    origin.at('/made', text('x', { 'x-secret': 's', 'x-made': 'origin', 'x-list': 'a' }));
    for (let n = 0; n < 3; n++) {
      const answer = await call(file, one, '/made');
      assert.deepEqual(
        ['x-secret', 'x-made', 'x-list'].map((name) => answer.header(name)),
        [undefined, 'behind', 'a, b'],
      );
    }
    assert.equal(origin.asked.get('/made'), 1);
  });

  it('send a large body that is in memory once to clients that read when they like', async () => {
    const one = await started({ ttl: '30s', maxBodyBytes: '24MiB' }, { memory: '128MiB' });
    const body = Buffer.alloc(24 * 1024 * 1024, 'abcdefgh');
    origin.at('/large', (_, response) => void response.writeHead(200).end(body));
    const whole = await fetch(new URL('/large', one.urlOf('public')));
    assert.ok(Buffer.from(await whole.arrayBuffer()).equals(body));
    const [pid] = await one.acceptorPids();
    const memory = new MemoryWatch(pid);
    const slow = await Promise.all(Array.from({ length: 10 }, () => rawClient(file, one.portOf('public'))));
    for (const client of slow) {
      client.socket.pause();
      await client.send(requestText('/large', { host: new URL(one.urlOf('public')).host }));
    }
    const hits = await Promise.all(
      Array.from({ length: 3 }, async () => {
        const response = await fetch(new URL('/large', one.urlOf('public')));
        return [response.headers.get('cache-status'), Buffer.from(await response.arrayBuffer()).equals(body)];
      }),
    );
    for (const [status, isSame] of hits) {
      assert.match(String(status), /hit/);
      assert.equal(isSame, true);
    }
    // What the kernel does not take of 10 x 24 MiB would be here if it were handed over at once.
    assert.ok(memory.peakGrowthMiB < 40, `${memory.peakGrowthMiB} MiB`);
    const part = await call(file, one, '/large', {
      headers: ['range: bytes=-1000000'],
      host: new URL(one.urlOf('public')).host,
    });
    assert.ok(part.body.equals(body.subarray(-1_000_000)));
    assert.equal(origin.asked.get('/large'), 1);
  });
});
