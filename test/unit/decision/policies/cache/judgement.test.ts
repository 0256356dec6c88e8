import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { parseCacheControl } from '../../../../../src/decision/policies/cache/cache-control.ts';
import { judge, survivesError } from '../../../../../src/decision/policies/cache/judge.ts';
import { type StorableFacts, whyNotStorable } from '../../../../../src/decision/policies/cache/storable.ts';
import { StoredResponse } from '../../../../../src/decision/policies/cache/stored-response.ts';

const NO_RULES = { staleWhileRevalidate: 0, staleIfError: 0 };
const NOTHING = parseCacheControl(null);

function stored(control: string, lifetimeMs: number, initialAgeMs = 0): StoredResponse {
  return new StoredResponse({
    status: 200,
    headers: [],
    body: Buffer.alloc(0),
    date: null,
    control: parseCacheControl(control),
    lifetimeMs,
    initialAgeMs,
    receivedAt: 0,
    varyNames: [],
    varyValues: '',
    surrogateKeys: [],
  });
}

describe('a stored response', () => {
  it('answers while it is fresh, and not after that unless somebody says so', () => {
    fc.assert(
      fc.property(fc.nat(100), fc.nat(100), fc.nat(200), (lifetime, initial, now) => {
        const one = stored('', lifetime, initial);
        assert.equal(judge(one, NOTHING, NO_RULES, now), initial + now < lifetime ? 'fresh' : 'revalidate');
      }),
    );
  });

  it('is used stale only within what both sides and the config allow', () => {
    const rules = { staleWhileRevalidate: 5000, staleIfError: 7000 };
    const at = (control: string, request: string, staleForMs: number) => {
      const one = stored(control, 1000);
      const asked = parseCacheControl(request);
      return [judge(one, asked, rules, 1000 + staleForMs), survivesError(one, asked, rules, 1000 + staleForMs)];
    };
    assert.deepEqual(at('', '', 4000), ['refresh', true]);
    assert.deepEqual(at('', '', 6000), ['revalidate', true]);
    assert.deepEqual(at('', '', 8000), ['revalidate', false]);
    assert.deepEqual(at('', 'max-stale=9', 8000), ['stale', false]);
    assert.deepEqual(at('', 'stale-if-error=9', 8000), ['revalidate', true]);
    assert.deepEqual(at('', 'no-cache', 1000), ['revalidate', false]);
    assert.deepEqual(at('', 'min-fresh=0', 1000), ['revalidate', true]);
    assert.deepEqual(at('stale-while-revalidate=1, stale-if-error=1', '', 4000), ['revalidate', false]);
    for (const strict of ['must-revalidate', 'proxy-revalidate', 'no-cache']) {
      assert.deepEqual(at(`${strict}, stale-while-revalidate=9`, 'max-stale', 1000), ['revalidate', false], strict);
    }
    assert.deepEqual(at('s-maxage=1', 'max-stale', 1000), ['revalidate', false]);
    assert.deepEqual(at('s-maxage=1, stale-while-revalidate=9', '', 1000), ['refresh', false]);
  });
});

describe('what may be stored', () => {
  const usual: StorableFacts = {
    status: 200,
    statuses: [200, 404, 299],
    request: NOTHING,
    response: parseCacheControl('max-age=1'),
    lifetime: { ms: 1000, isExplicit: true },
    hasValidator: false,
    hasAuthorization: false,
    hasCookie: false,
    isIdentified: false,
    setsCookie: false,
    vary: null,
    shared: false,
    ignoreOrigin: false,
    contentLength: -1,
    maxBodyBytes: 1000,
  };
  const may = (changed: Partial<StorableFacts>) => whyNotStorable({ ...usual, ...changed }) === null;
  const response = (text: string) => ({ response: parseCacheControl(text) });

  it('is what RFC 9111, section 3, lets be stored, and a little less', () => {
    assert.equal(may({}), true);
    assert.equal(may({ status: 500 }), false);
    assert.equal(may({ request: parseCacheControl('no-store') }), false);
    assert.equal(may(response('no-store')), false);
    assert.equal(may({ ...response('no-store'), ignoreOrigin: true }), true);
    assert.equal(may({ ...response('private'), ignoreOrigin: true }), false);
    assert.equal(may(response('private="x-a"')), true);
    assert.equal(may(response('no-store, must-understand')), true);
    assert.equal(may({ ...response('must-understand'), status: 299 }), false);
    assert.equal(may({ vary: 'a, *' }), false);
    assert.equal(may({ setsCookie: true }), false);
    assert.equal(may({ setsCookie: true, ...response('private="Set-Cookie"') }), true);
    assert.equal(may({ contentLength: 1001 }), false);
    assert.equal(may({ lifetime: { ms: 0, isExplicit: true } }), false);
    assert.equal(may({ lifetime: { ms: 0, isExplicit: true }, hasValidator: true }), true);
  });

  it('is with credentials only what says so itself, unless it is kept for one identity', () => {
    const unsaid = { lifetime: { ms: 1000, isExplicit: false } };
    assert.equal(may({ hasAuthorization: true }), false);
    for (const text of ['public', 'must-revalidate', 's-maxage=1']) {
      assert.equal(may({ hasAuthorization: true, ...response(text) }), true, text);
    }
    assert.equal(may({ hasAuthorization: true, isIdentified: true }), true);
    assert.equal(may({ hasAuthorization: true, isIdentified: true, shared: true }), false);
    assert.equal(may({ hasCookie: true }), true);
    assert.equal(may({ hasCookie: true, ...unsaid }), false);
    assert.equal(may({ hasCookie: true, isIdentified: true, ...unsaid }), true);
    assert.equal(may({ hasCookie: true, shared: true, ...unsaid }), true);
  });
});
