import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import fc from 'fast-check';
import type { Millis } from '../../../../../src/brand.ts';
import { Chain } from '../../../../../src/decision/chain.ts';
import type { ClientCertificate } from '../../../../../src/decision/client-certificate.ts';
import { Decision, type PolicyResponse } from '../../../../../src/decision/decision.ts';
import { DryRequest, dryHost } from '../../../../../src/decision/dry-run.ts';
import type { Claims } from '../../../../../src/decision/found-identity.ts';
import { primaryKey } from '../../../../../src/decision/policies/cache/cache-key.ts';
import { ResponseStore } from '../../../../../src/decision/policies/cache/response-store.ts';
import type { Policy } from '../../../../../src/decision/policies/policy.ts';
import { ANSWERED, PASS, REFUSED, type Verdict, WAITING } from '../../../../../src/decision/policies/verdict.ts';
import { makePolicy } from '../../../../support/policies.ts';

/** Who asks: nobody, consumers, subjects, and names that look like one another with something behind them. */
interface Who {
  readonly consumer: string | null;
  readonly claims: Claims | null;
}

const NAMES = ['acme', 'acm', 'acme"', '["acme",null]', 'acme\n', ''];
const who: fc.Arbitrary<Who> = fc.record({
  consumer: fc.option(fc.constantFrom(...NAMES)),
  claims: fc.option(
    fc.record(
      {
        sub: fc.constantFrom<unknown>(...NAMES, 7, null),
        iss: fc.constantFrom('a', 'b'),
        tenant: fc.constantFrom('x', 'y'),
      },
      { requiredKeys: [] },
    ) as fc.Arbitrary<Claims>,
  ),
});

/** What two requests must have in common for one to be shown the other's answer. */
function identityOf({ consumer, claims }: Who): string {
  const { sub, iss } = claims ?? {};
  const subject = claims === null ? null : typeof sub === 'string' ? [iss ?? null, sub] : claims;
  return JSON.stringify([consumer, subject, claims !== null && typeof sub === 'string']);
}

const asked = fc.record({
  who,
  route: fc.nat(1),
  path: fc.constantFrom('/a', '/a/b', '/ab'),
  query: fc.constantFrom(null, '', 'b', 'q=1', 'q=1&r=2', 'r=2&q=1'),
  host: fc.constantFrom('h.example', 'h.example2'),
  method: fc.constantFrom('GET', 'GET', 'GET', 'HEAD', 'POST'),
  language: fc.option(fc.constantFrom('de', 'en', 'de,en')),
  more: fc.subarray(
    [
      'authorization: Bearer x',
      'cookie: a=b',
      'cache-control: no-cache',
      'cache-control: max-stale',
      'if-none-match: "0"',
    ],
    { maxLength: 2 },
  ),
});

const says = fc.record({
  control: fc.subarray(
    [
      'max-age=10',
      's-maxage=5',
      'public',
      'private',
      'no-store',
      'no-cache',
      'must-revalidate',
      'stale-if-error=20',
      'stale-while-revalidate=20',
    ],
    { maxLength: 4 },
  ),
  vary: fc.constantFrom(null, 'accept-language', 'Accept-Language, x-behind', '*', 'x-none'),
  status: fc.constantFrom(200, 200, 200, 200, 404, 500, 302),
  end: fc.constantFrom('whole', 'whole', 'whole', 'cut', 'fails'),
  hasTag: fc.boolean(),
});

const step = fc.oneof(
  { weight: 5, arbitrary: fc.record({ act: fc.constant('ask' as const), which: fc.nat(9), as: fc.nat(9) }) },
  { weight: 5, arbitrary: fc.record({ act: fc.constant('answer' as const), which: fc.nat(9), says }) },
  { weight: 1, arbitrary: fc.record({ act: fc.constant('pass time' as const), seconds: fc.nat(30) }) },
);

/** Few, so that they meet: each is asked by every identity among them. */
const pool = fc.array(asked, { minLength: 2, maxLength: 3 });

type Asked = typeof asked extends fc.Arbitrary<infer T> ? T : never;
type Says = typeof says extends fc.Arbitrary<infer T> ? T : never;

/** An exchange whose origin has not answered yet. */
interface Open {
  readonly asked: Asked;
  readonly decision: Decision;
  readonly chain: Chain;
}

/** A gateway of two routes with one named list, and origins that write into each answer for whom they made it. */
class World {
  now = 1_000_000;
  hits = 0;
  readonly open: Open[] = [];
  readonly #chains: readonly Chain[];

  constructor(options: object) {
    const host = dryHost({
      responses: new ResponseStore(1024 * 1024),
      clock: { wall: () => (1_700_000_000_000 + this.now) as Millis, monotonic: () => this.now as Millis },
      timers: { after: () => () => {} },
    });
    const cache = makePolicy('cache', options, host);
    // As a policy behind the cache does it: what it sends depends on what the cache has not seen.
    const behind: Policy = {
      onRequest: (decision) => {
        decision.requestHeaders.set('x-behind', JSON.stringify(decision.claims));
        return PASS;
      },
      onResponse: null,
      onEnd: null,
    };
    const listener = { onStep: () => {}, onFault: (_: unknown, error: unknown) => assert.fail(String(error)) };
    const steps = [cache, behind].map((policy, index) => ({ name: `${index}`, source: '', policy, guard: null }));
    this.#chains = [new Chain(steps, listener), new Chain(steps, listener)];
  }

  ask(asked: Asked): void {
    const { host, path, query, method, language, more } = asked;
    const headers = more.flatMap((line) => line.split(': '));
    if (language !== null) headers.push('accept-language', language);
    const request = new DryRequest({ host, path, query, method, headers });
    const decision = new Decision(request, { name: `route ${asked.route}` }, null);
    decision.consumer = asked.who.consumer === null ? null : { name: asked.who.consumer, groups: [] };
    decision.claims = asked.who.claims;
    const chain = this.#chains[asked.route]!;
    this.#follow({ asked, decision, chain }, chain.runRequest(decision));
  }

  #follow(one: Open, verdict: Verdict): void {
    const { decision, chain } = one;
    if (verdict === PASS) this.open.push(one);
    else if (verdict === WAITING) {
      const effect = decision.effect as { run(signal: AbortSignal): Promise<unknown> };
      void effect.run(new AbortController().signal).then((r) => this.#follow(one, chain.continueRequest(decision, r)));
    } else {
      if (verdict === ANSWERED) this.#check(one);
      else assert.equal(decision.error, 'cache_only');
      chain.end(decision);
    }
  }

  answer(which: number, { control, vary, status, end, hasTag }: Says): void {
    const [one] = this.open.splice(which % Math.max(1, this.open.length), 1);
    if (one === undefined) return;
    const { asked, decision, chain } = one;
    if (end === 'fails') {
      if (chain.runFailure(decision, 'upstream_closed') !== null) this.#check(one);
      chain.end(decision);
      return;
    }
    const body = this.#bodyFor(asked);
    const headers = ['cache-control', control.join(', '), 'x-for', body];
    const etag = `"${Buffer.from(body).toString('hex')}"`;
    if (hasTag) headers.push('etag', etag);
    if (vary !== null) headers.push('vary', vary);
    const isKnown = decision.header('if-none-match') === etag;
    decision.arrive(upstreamResponse(isKnown ? 304 : status, headers));
    assert.notEqual(chain.runResponse(decision), REFUSED);
    if (decision.own !== null) this.#check(one);
    else if (!isKnown && decision.tap !== null) {
      decision.tap.onChunk(Buffer.from(body.slice(0, 5)));
      if (end === 'whole') {
        decision.tap.onChunk(Buffer.from(body.slice(5)));
        decision.tap.onComplete();
      }
    }
    chain.end(decision);
  }

  #bodyFor({ who, route, host, path, query, language }: Asked): string {
    return JSON.stringify({ who: identityOf(who), route, host, path, query, language });
  }

  /** Whoever is answered by the gateway is answered with what was made for him. */
  #check({ asked, decision }: Open): void {
    this.hits++;
    const { status, headers, body } = decision.own!;
    const madeFor = JSON.parse(headers[headers.indexOf('x-for') + 1]!) as Record<string, unknown>;
    const { route, host, path, query } = asked;
    assert.equal(madeFor['who'], identityOf(asked.who));
    assert.deepEqual(
      [madeFor['route'], madeFor['host'], madeFor['path'], madeFor['query'] ?? ''],
      [route, host, path, query ?? ''],
    );
    const varies = headers.includes('vary') && /accept-language/i.test(headers[headers.indexOf('vary') + 1]!);
    if (varies) assert.equal(madeFor['language'], asked.language);
    if (status !== 304 && asked.method === 'GET') assert.equal(body!.toString(), headers[headers.indexOf('x-for') + 1]);
  }
}

function upstreamResponse(status: number, headers: readonly string[]): PolicyResponse {
  const header = (name: string): string | null => {
    const at = headers.findIndex((text, index) => index % 2 === 0 && text === name);
    return at < 0 ? null : headers[at + 1]!;
  };
  return { status, contentLength: -1, source: 'upstream', headers: () => headers, header };
}

describe('a cache for many identities', () => {
  for (const options of [
    {},
    { ttl: '8s', staleIfError: '30s', staleWhileRevalidate: '30s' },
    { ttl: '8s', ignoreOrigin: true },
  ]) {
    it(`never shows one what another was sent, whatever they ask and origins say (${JSON.stringify(options)})`, async () => {
      let hits = 0;
      await fc.assert(
        fc.asyncProperty(pool, fc.array(step, { minLength: 20, maxLength: 60 }), async (requests, steps) => {
          const world = new World(options);
          for (const one of steps) {
            if (one.act === 'ask') {
              const { who: other } = requests[one.as % requests.length]!;
              world.ask({ ...requests[one.which % requests.length]!, who: other });
            } else if (one.act === 'answer') world.answer(one.which, one.says);
            else world.now += one.seconds * 1000;
            await turn();
          }
          hits += world.hits;
        }),
        { numRuns: 300 },
      );
      assert.ok(hits > 20, `a fuzz of a cache that is never hit shows nothing (${hits} hits)`);
    });
  }

  it('has a key for each scope, route, host, path, query, client certificate and identity', () => {
    const parts = fc.record({
      scope: fc.constantFrom('a', 'a\n', 'list a cache'),
      route: fc.constantFrom('r', 'r2'),
      host: fc.constantFrom('h', 'h2'),
      path: fc.constantFrom('/', '/a'),
      query: fc.constantFrom(null, '', 'a', 'a=1'),
      fingerprint: fc.constantFrom(null, 'aa', 'ab'),
      who,
    });
    type Parts = typeof parts extends fc.Arbitrary<infer T> ? T : never;
    const keyOf = ({ scope, route, host, path, query, fingerprint, who: { consumer, claims } }: Parts): string => {
      const clientCertificate = fingerprint === null ? null : ({ fingerprint } as ClientCertificate);
      const decision = new Decision(new DryRequest({ host, path, query, clientCertificate }), { name: route }, null);
      decision.consumer = consumer === null ? null : { name: consumer, groups: [] };
      decision.claims = claims;
      return primaryKey(scope, decision, { query: 'exact', ignoreQuery: [] }, false);
    };
    const plain = (one: Parts): string =>
      JSON.stringify([one.scope, one.route, one.host, one.path, one.query, one.fingerprint, identityOf(one.who)]);
    fc.assert(
      fc.property(parts, parts, (one, other) => {
        assert.equal(keyOf(one) === keyOf(other), plain(one) === plain(other));
      }),
      { numRuns: 5000 },
    );
  });

  it('takes queries for the same that the config says are the same', () => {
    const keyOf = (query: string, rules: Parameters<typeof primaryKey>[2]): string =>
      primaryKey('s', new Decision(new DryRequest({ query }), { name: 'r' }, null), rules, false);
    const sorted = { query: 'sorted', ignoreQuery: ['utm_*', 'ref'] } as const;
    assert.equal(keyOf('b=2&utm_x=1&a=1&ref=z', sorted), keyOf('a=1&b=2', sorted));
    assert.equal(keyOf('%75tm_x=1', sorted), keyOf('', sorted), 'an escaped name is the same name');
    assert.notEqual(keyOf('refs=1', sorted), keyOf('', sorted));
    const ignored = { query: 'ignored', ignoreQuery: [] } as const;
    assert.equal(keyOf('a=1', ignored), keyOf('b', ignored));
  });
});
