import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { UpstreamId } from '../../../src/brand.ts';
import type { Split } from '../../../src/config/compiled-care.ts';
import { chooseUpstream } from '../../../src/decision/choose-upstream.ts';
import { DryRequest } from '../../../src/decision/dry-run.ts';
import { cookieValue } from '../../../src/decision/request-key.ts';

const split = (weights: readonly number[], sticky: Split['sticky'] = null): Split => ({
  choices: weights.map((weight, id) => ({ upstream: id as UpstreamId, name: `v${id}`, weight, token: `token-${id}` })),
  sticky,
});
const someWeights = fc
  .array(fc.nat(20), { minLength: 1, maxLength: 6 })
  .filter((weights) => weights.some((one) => one > 0));
const PLAIN = new DryRequest({});
const BY_COOKIE = { by: 'cookie', name: 'side' } as const;

describe('the choice of an upstream', () => {
  it('gives each exactly its share of the random numbers', () => {
    fc.assert(
      fc.property(someWeights, (weights) => {
        const total = weights.reduce((sum, one) => sum + one, 0);
        const counts = weights.map(() => 0);
        for (let i = 0; i < total; i++) counts[chooseUpstream(split(weights), PLAIN, (i + 0.5) / total).index]! += 1;
        assert.deepEqual(counts, weights);
      }),
    );
  });

  it('believes a cookie only what it can say, whatever a client sends', () => {
    fc.assert(
      fc.property(someWeights, fc.string(), fc.double({ min: 0, max: 0.999, noNaN: true }), (weights, text, random) => {
        const request = new DryRequest({ headers: ['cookie', `side=${text}`] });
        const choice = chooseUpstream(split(weights, BY_COOKIE), request, random);
        const known = cookieValue(`side=${text}`, 'side') === `token-${choice.index}`;
        assert.equal(choice.cookie === null, known);
        assert.ok(known || weights[choice.index]! > 0);
      }),
    );
  });

  it('keeps a client at an upstream that gets no new ones', () => {
    const request = new DryRequest({ headers: ['cookie', 'a=b; side=token-1'] });
    assert.deepEqual(chooseUpstream(split([1, 0], BY_COOKIE), request, 0.5), {
      index: 1,
      cookie: null,
      why: 'by cookie',
    });
  });

  it('sets a cookie that goes over TLS alone where the client came by TLS', () => {
    const { cookie } = chooseUpstream(split([1], BY_COOKIE), new DryRequest({ scheme: 'https' }), 0);
    assert.equal(cookie, 'side=token-0; Path=/; HttpOnly; SameSite=Lax; Secure');
  });

  it('goes by the header alone where there is one', () => {
    const sticky = { by: 'header', name: 'x-user' } as const;
    const request = new DryRequest({ headers: ['x-user', 'ada'] });
    const indexes = new Set(
      [0, 0.3, 0.6, 0.99].map((random) => chooseUpstream(split([1, 1, 1], sticky), request, random).index),
    );
    assert.equal(indexes.size, 1);
  });
});
