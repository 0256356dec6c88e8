import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { parseCacheControl, splitList } from '../../../../../src/decision/policies/cache/cache-control.ts';
import { isNotModified } from '../../../../../src/decision/policies/cache/conditional.ts';
import { initialAgeMs, lifetimeOf } from '../../../../../src/decision/policies/cache/freshness.ts';
import { parseHttpDate } from '../../../../../src/decision/policies/cache/http-date.ts';
import { rangeOf } from '../../../../../src/decision/policies/cache/range.ts';
import { varyNames, varyValues } from '../../../../../src/decision/policies/cache/vary.ts';

const NOW = Date.UTC(2026, 10, 21, 12, 0, 0);
const from = (headers: Readonly<Record<string, string>>) => ({ header: (name: string) => headers[name] ?? null });

describe('Cache-Control', () => {
  it('is read in any case, order and spacing, quoted or not', () => {
    const names = { 'max-age': 'maxAge', 's-maxage': 'sMaxAge', 'stale-if-error': 'staleIfError' } as const;
    const directive = fc.record({
      name: fc.constantFrom(...(Object.keys(names) as (keyof typeof names)[])),
      isUpper: fc.boolean(),
      seconds: fc.nat(1e6),
      isQuoted: fc.boolean(),
      blank: fc.constantFrom('', ' ', '\t', ' , ,'),
    });
    fc.assert(
      fc.property(fc.uniqueArray(directive, { selector: ({ name }) => name }), (directives) => {
        const text = directives
          .map(({ name, isUpper, seconds, isQuoted, blank }) => {
            const value = isQuoted ? `"${seconds}"` : seconds;
            return `${blank}${isUpper ? name.toUpperCase() : name}=${value}, unknown="a, no-store"`;
          })
          .join(',');
        const control = parseCacheControl(text);
        for (const { name, seconds } of directives) assert.equal(control[names[name]], seconds);
        assert.equal(control.noStore, false, 'what stands in quotes is no directive');
      }),
    );
  });

  it('never throws, and what it cannot read is stale rather than fresh', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 60, unit: 'binary' }), (junk) => {
        const { maxAge } = parseCacheControl(`max-age=${junk}`);
        assert.ok(maxAge === 0 || /^\s*"?\d/.test(junk), junk);
        parseCacheControl(junk);
        assert.equal(splitList(junk).join(','), junk);
      }),
    );
    for (const value of ['-1', '1.5', '1e3', 'x', '', '" "', '+1']) {
      assert.equal(parseCacheControl(`max-age=${value}`).maxAge, 0, value);
    }
    assert.equal(parseCacheControl('max-age=99999999999999').maxAge, 2 ** 31);
    assert.equal(parseCacheControl('max-age=1, max-age=100').maxAge, 1);
  });

  it('keeps a bare directive strict beside its qualified form, and names the fields of that', () => {
    for (const text of ['private, private="a"', 'private="a", private', 'PRIVATE']) {
      assert.equal(parseCacheControl(text).isPrivate, true, text);
    }
    const { isPrivate, noCache, withheldFields } = parseCacheControl('private="X-A, x-b", no-cache="Set-Cookie"');
    assert.deepEqual([isPrivate, noCache, [...withheldFields].sort()], [false, false, ['set-cookie', 'x-a', 'x-b']]);
    assert.equal(parseCacheControl('max-stale').maxStale, Number.POSITIVE_INFINITY);
    assert.equal(parseCacheControl('max-stale=5').maxStale, 5);
  });
});

describe('dates', () => {
  it('are read as they are written', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4e9 }), (seconds) => {
        assert.equal(parseHttpDate(new Date(seconds * 1000).toUTCString(), NOW), seconds * 1000);
      }),
    );
  });

  it('are read in the old forms, too, and nothing else is a date', () => {
    const at = Date.UTC(1994, 10, 6, 8, 49, 37);
    for (const text of [
      'Sun, 06 Nov 1994 08:49:37 GMT',
      'Sunday, 06-Nov-94 08:49:37 GMT',
      'Sun Nov  6 08:49:37 1994',
    ]) {
      assert.equal(parseHttpDate(text, NOW), at, text);
    }
    for (const text of [
      '0',
      '-1',
      '',
      '1994',
      'Sun, 31 Feb 1994 08:49:37 GMT',
      'Sun, 06 Nov 1994 24:49:37 GMT',
      'Sun, 06 Nov 1994 08:49:37 +0100',
    ]) {
      assert.equal(parseHttpDate(text, NOW), null, text);
    }
  });
});

describe('freshness', () => {
  const rules = { ttl: null, maxTtl: null, ignoreOrigin: false };
  const lifetime = (
    headers: Record<string, string>,
    changed: Partial<typeof rules | { ttl: number; maxTtl: number }> = {},
  ) => lifetimeOf(from(headers), parseCacheControl(headers['cache-control'] ?? null), { ...rules, ...changed }, NOW);
  const date = new Date(NOW - 5000).toUTCString();
  const ago = (ms: number) => new Date(NOW - 5000 - ms).toUTCString();

  it('comes from s-maxage, max-age, Expires, the config and a guess, in this order', () => {
    const all = { 'cache-control': 's-maxage=1, max-age=2', expires: ago(-3000), date, 'last-modified': ago(1e6) };
    assert.deepEqual(lifetime(all, { ttl: 4000 }), { ms: 1000, isExplicit: true });
    assert.equal(lifetime({ ...all, 'cache-control': 'max-age=2' }, { ttl: 4000 }).ms, 2000);
    assert.equal(lifetime({ ...all, 'cache-control': '' }, { ttl: 4000 }).ms, 3000);
    assert.deepEqual(lifetime({ date, 'last-modified': ago(1e6) }, { ttl: 4000 }), { ms: 4000, isExplicit: false });
    assert.deepEqual(lifetime({ date, 'last-modified': ago(1e6) }), { ms: 1e5, isExplicit: false });
    assert.equal(lifetime({ date, 'last-modified': ago(1e10) }).ms, 3_600_000, 'a guess is bounded');
    assert.equal(lifetime({ date, 'last-modified': ago(-1e6) }).ms, 0);
    assert.equal(lifetime({}).ms, 0);
    assert.equal(lifetime({ ...all, expires: '0', 'cache-control': '' }, { ttl: 4000 }).ms, 0);
  });

  it('is never longer than maxTtl, and is ttl alone when the origin is ignored', () => {
    fc.assert(
      fc.property(fc.nat(1e6), fc.integer({ min: 1, max: 1e9 }), (seconds, maxTtl) => {
        assert.ok(lifetime({ 'cache-control': `max-age=${seconds}` }, { maxTtl }).ms <= maxTtl);
      }),
    );
    const { ms, isExplicit } = lifetime({ 'cache-control': 'max-age=1' }, { ttl: 9, ignoreOrigin: true } as never);
    assert.deepEqual([ms, isExplicit], [9, false]);
  });

  it('counts from an age that is never less than any of its parts say (RFC 9111, section 4.2.3)', () => {
    fc.assert(
      fc.property(fc.integer({ min: -1e6, max: 1e6 }), fc.nat(1e6), fc.nat(1e6), (dateAgo, age, delay) => {
        const headers = { date: new Date(NOW - dateAgo * 1000).toUTCString(), age: String(age) };
        const initial = initialAgeMs(from(headers), NOW, delay);
        assert.ok(initial >= dateAgo * 1000 && initial >= age * 1000 + delay && initial >= 0);
        assert.ok(initial === Math.max(0, dateAgo * 1000) || initial === age * 1000 + delay);
      }),
    );
    assert.equal(initialAgeMs(from({ age: 'x' }), NOW, 0), 0);
  });
});

describe('conditions and ranges', () => {
  it('compare entity tags weakly, and pass over dates when there is a tag', () => {
    const stored = from({ etag: '"a,b"', 'last-modified': new Date(NOW).toUTCString() });
    for (const list of ['"a,b"', 'W/"a,b"', '"x", W/"a,b"', '*', ' "a,b" ']) {
      assert.equal(isNotModified(from({ 'if-none-match': list }), stored, NOW), true, list);
    }
    for (const list of ['"a"', 'a,b', '"x"', '']) {
      const request = from({ 'if-none-match': list, 'if-modified-since': new Date(NOW).toUTCString() });
      assert.equal(isNotModified(request, stored, NOW), false, list);
    }
    assert.equal(isNotModified(from({}), stored, NOW), false);
  });

  it('give the part of the body that RFC 9110 says, never one outside of it', () => {
    const range = (text: string, length: number) => rangeOf(from({ range: text }), from({}), length, NOW);
    fc.assert(
      fc.property(fc.nat(20), fc.nat(30), fc.nat(30), (length, first, last) => {
        for (const text of [`bytes=${first}-${last}`, `bytes=${first}-`, `bytes=-${last}`]) {
          const found = range(text, length);
          if (found === null || found === 'unsatisfiable') continue;
          assert.ok(found.start >= 0 && found.start < found.end && found.end <= length, text);
        }
        if (first <= last && first < length) {
          const end = Math.min(last + 1, length);
          assert.deepEqual(range(`bytes=${first}-${last}`, length), { start: first, end });
        }
      }),
    );
    for (const text of ['bytes=', 'bytes=-', 'bytes=5-2', 'bytes=0-1,3-4', 'lines=0-1', 'bytes=a-b']) {
      assert.equal(range(text, 10), null, text);
    }
    assert.equal(range('bytes=-0', 10), 'unsatisfiable');
    const ofTag = (condition: string, etag: string) =>
      rangeOf(from({ range: 'bytes=0-0', 'if-range': condition }), from({ etag }), 10, NOW);
    assert.notEqual(ofTag('"a"', '"a"'), null);
    assert.equal(ofTag('W/"a"', 'W/"a"'), null, 'a weak tag says nothing about bytes');
  });
});

describe('Vary', () => {
  it('tells requests apart exactly when a named header differs', () => {
    const value = fc.option(fc.constantFrom('', 'a', 'b', 'a, b', 'a,b', '["a"]', 'null', 'a","b'));
    fc.assert(
      fc.property(value, value, value, value, (a1, b1, a2, b2) => {
        const key = (a: string | null, b: string | null) =>
          varyValues(varyNames('B, a ,b', []), (name) => (name === 'a' ? a : b));
        const isSame = (one: string | null, other: string | null) =>
          one?.replaceAll(' ', '') === other?.replaceAll(' ', '') && (one === null) === (other === null);
        assert.equal(key(a1, b1) === key(a2, b2), isSame(a1, a2) && isSame(b1, b2));
      }),
    );
    assert.deepEqual(varyNames(' Accept , ,ACCEPT', ['x-b']), ['accept', 'x-b']);
  });
});
