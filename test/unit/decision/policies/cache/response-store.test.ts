import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { parseCacheControl } from '../../../../../src/decision/policies/cache/cache-control.ts';
import { Fill } from '../../../../../src/decision/policies/cache/fill.ts';
import { Filling } from '../../../../../src/decision/policies/cache/filling.ts';
import { ResponseStore } from '../../../../../src/decision/policies/cache/response-store.ts';
import { StoredResponse } from '../../../../../src/decision/policies/cache/stored-response.ts';

const MAX = 64 * 1024;

function response(bytes: number, more: Partial<StoredResponse> = {}): StoredResponse {
  return new StoredResponse({
    status: 200,
    headers: ['content-type', 'text/plain'],
    body: Buffer.alloc(bytes),
    date: null,
    control: parseCacheControl(null),
    lifetimeMs: 1000,
    initialAgeMs: 0,
    receivedAt: 0,
    varyNames: [],
    varyValues: '',
    surrogateKeys: [],
    ...more,
  });
}

const place = (path: string, host = 'a.example', who = '') => ({ key: `${host}${path}${who}`, host, path });

describe('the response store', () => {
  it('never holds more than its bytes, whatever is put in and taken out, and finds by path what it holds', () => {
    const step = fc.record({
      path: fc.nat(30).map((n) => `/${n}`),
      who: fc.constantFrom('', 'me', 'you'),
      bytes: fc.nat(MAX + 10_000),
      variant: fc.nat(30).map(String),
      act: fc.constantFrom('put', 'put', 'put', 'invalidate', 'purge'),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const store = new ResponseStore(MAX);
        for (const { path, who, bytes, variant, act } of steps) {
          const at = place(path, 'a.example', who);
          if (act === 'put') store.put(at, response(bytes, { varyNames: ['accept'], varyValues: variant }));
          else if (act === 'purge') store.purge({ prefix: path });
          else {
            store.invalidate('a.example', path);
            for (const one of ['', 'me', 'you']) {
              assert.deepEqual(store.variants(place(path, 'a.example', one).key), []);
            }
          }
          assert.ok(store.bytes <= MAX);
        }
        for (let n = 0; n <= 30; n++) store.purge({ path: `/${n}` });
        assert.deepEqual([store.entries, store.bytes], [0, 0], 'nothing is left that no path leads to');
      }),
    );
  });

  it('keeps few variants of one response, the newest', () => {
    const store = new ResponseStore(MAX);
    for (let n = 0; n < 100; n++) store.put(place('/'), response(1, { varyNames: ['a'], varyValues: String(n) }));
    const kept = store.variants(place('/').key).map(({ varyValues }) => varyValues);
    assert.deepEqual([kept.length, kept[0], kept.at(-1)], [16, '99', '84']);
  });

  it('drops by path, prefix and key, of one host or of all, and says how many', () => {
    const fill = () => {
      const store = new ResponseStore(MAX);
      for (const host of ['a.example', 'b.example']) {
        for (const path of ['/x', '/x/1', '/y']) {
          store.put(place(path, host), response(1, { surrogateKeys: [path[1], 'all'] }));
        }
      }
      return store;
    };
    assert.equal(fill().purge({ path: '/x' }), 2);
    assert.equal(fill().purge({ path: '/x', host: 'a.example' }), 1);
    assert.equal(fill().purge({ prefix: '/x' }), 4);
    assert.equal(fill().purge({ key: 'y' }), 2);
    assert.equal(fill().purge({ key: 'all', host: 'b.example' }), 3);
    assert.equal(fill().purge({ key: 'none' }), 0);
    const store = fill();
    store.purge({ path: '/x', host: 'a.example' });
    assert.equal(store.variants(place('/x', 'b.example').key).length, 1);
  });

  it('knows what was invalidated since, also when it has forgotten which paths', () => {
    const store = new ResponseStore(MAX);
    const before = store.epoch;
    store.invalidate('a.example', '/x');
    assert.equal(store.isOutdated(place('/x'), before), true);
    assert.equal(store.isOutdated(place('/y'), before), false);
    assert.equal(store.isOutdated(place('/x'), store.epoch), false);
    for (let n = 0; n < 10_001; n++) store.invalidate('a.example', `/${n}`);
    assert.equal(store.isOutdated(place('/x'), before), true);
    const then = store.epoch;
    store.purge({ key: 'any' });
    assert.equal(store.isOutdated(place('/z'), then), true);
  });

  it('has room for so many unfinished bodies, and gets it back however they end', () => {
    const store = new ResponseStore(MAX);
    let tooLarge = 0;
    const end = { onWhole: () => {}, onTooLarge: () => tooLarge++ };
    const fillings = Array.from({ length: 40 }, () => new Filling(store, 1024, end));
    for (const filling of fillings) filling.onChunk(Buffer.alloc(1000));
    assert.ok(store.fillingBytes <= MAX / 4);
    assert.equal(tooLarge, 40 - Math.floor(MAX / 4 / 1000));
    fillings[0].onChunk(Buffer.alloc(1000));
    assert.equal(tooLarge, 41 - Math.floor(MAX / 4 / 1000), 'more than one body may have');
    for (const [index, filling] of fillings.entries()) {
      if (index % 2 === 0) filling.onComplete();
      filling.drop();
    }
    assert.equal(store.fillingBytes, 0);
  });
});

describe('a fill', () => {
  const never = { after: () => () => {} };
  it('tells all who wait, once, and those who come late at once', async () => {
    const fill = new Fill();
    const { signal } = new AbortController();
    const waiting = [fill.wait(1, never, signal), fill.wait(1, never, signal)];
    fill.end('stored');
    fill.end('failed');
    assert.deepEqual(await Promise.all([...waiting, fill.wait(1, never, signal)]), ['stored', 'stored', 'stored']);
  });

  it('lets nobody wait longer than he wants', async () => {
    const asked: number[] = [];
    const timers = {
      after: (ms: number, then: () => void) => {
        asked.push(ms);
        queueMicrotask(then);
        return () => {};
      },
    };
    assert.equal(await new Fill().wait(5000, timers, new AbortController().signal), 'late');
    assert.deepEqual(asked, [5000]);
    const abort = new AbortController();
    const waiting = new Fill().wait(1, never, abort.signal);
    abort.abort();
    assert.equal(await waiting, 'late');
  });
});
