import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { buildRouteTable } from '../../../../src/decision/route/build-route-table.ts';
import { RouteHit } from '../../../../src/decision/route/route-hit.ts';
import type { RequestFacts, RouteMatch } from '../../../../src/decision/route/route-match.ts';
import { RouteTable } from '../../../../src/decision/route/route-table.ts';
import { referenceAllowedMethods, referenceLookup } from './reference-matcher.ts';
import { facts } from './route-facts.ts';

// Small alphabets on purpose: routes must overlap, share prefixes and shadow one another for precedence to matter.
const literal = fc.constantFrom('a', 'b', 'ab', 'users', 'x%2Fy', '~me', 'v1.0');
const hostName = fc.constantFrom('a.test', 'b.a.test', 'c.b.a.test', 'other.test', 'test');
const host = fc.oneof(hostName, fc.constantFrom('*.a.test', '*.test', '*.b.a.test'));
const method = fc.constantFrom('GET', 'POST', 'PURGE');
const pair = fc.tuple(fc.constantFrom('x', 'y'), fc.constantFrom('1', '2', ''));
const pairs = fc.uniqueArray(pair, { maxLength: 2, selector: ([name]) => name });

const segmentPath = fc
  .record({
    parts: fc.array(fc.oneof({ weight: 2, arbitrary: literal }, { weight: 1, arbitrary: fc.constant('{') }), {
      maxLength: 4,
    }),
    end: fc.constantFrom('', '', '/', '/*'),
  })
  .map(({ parts, end }) => parts.map((part, i) => (part === '{' ? `/{p${i}}` : `/${part}`)).join('') + end)
  .map((path) => path || '/');
const regexpPath = fc.constantFrom('~^/a', '~b$', '~/users/[0-9]+', '~^/(a|b)/.*/$');

const routeMatch: fc.Arbitrary<RouteMatch> = fc.record({
  hosts: fc.oneof(
    { weight: 2, arbitrary: fc.constant([]) },
    { weight: 3, arbitrary: fc.uniqueArray(host, { maxLength: 2 }) },
  ),
  path: fc.oneof({ weight: 8, arbitrary: segmentPath }, { weight: 1, arbitrary: regexpPath }),
  methods: fc.uniqueArray(method, { maxLength: 2 }),
  headers: fc.oneof({ weight: 3, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: pairs }),
  query: fc.oneof({ weight: 3, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: pairs }),
});

interface RequestSeed {
  readonly from: number;
  readonly fill: readonly string[];
  readonly rest: string;
  readonly mutate: boolean;
  readonly cut: number;
  readonly host: string;
  readonly method: string;
  readonly pairs: readonly (readonly [string, string])[];
  readonly query: readonly (readonly [string, string])[];
}

const requestSeed: fc.Arbitrary<RequestSeed> = fc.record({
  from: fc.nat(),
  fill: fc.array(fc.oneof(literal, fc.constantFrom('42', 'q')), { minLength: 5, maxLength: 5 }),
  rest: fc.constantFrom('', '/', '/a', '/b/users'),
  mutate: fc.boolean(),
  cut: fc.nat(30),
  host: hostName,
  method: fc.oneof(method, fc.constant('PATCH')),
  pairs,
  query: pairs,
});

/** A request made from one of the routes: its parameters filled, its prefix continued, and now and then a character lost. */
function makeRequest(matches: readonly RouteMatch[], seed: RequestSeed): RequestFacts {
  const origin = matches[seed.from % matches.length];
  const template = origin.path.startsWith('~') ? '/users/7' : origin.path;
  let path = template.replace(/\{p(\d)\}/g, (_, index) => seed.fill[Number(index)]).replace(/\/\*$/, '') + seed.rest;
  if (seed.mutate) path = path.slice(0, seed.cut) + path.slice(seed.cut + 1);
  if (!path.startsWith('/')) path = `/${path}`;
  const headers = seed.mutate ? seed.pairs : [...seed.pairs, ...origin.headers];
  const query = seed.mutate ? seed.query : [...origin.query, ...seed.query];
  return facts({
    method: seed.mutate ? seed.method : (origin.methods[0] ?? seed.method),
    host: seed.host,
    path,
    query: query.length === 0 ? null : query.map(([name, value]) => `${name}=${value}`).join('&'),
    headers: Object.fromEntries(headers),
  });
}

test('the table finds what the reference matcher finds, parameters included', () => {
  const hit = new RouteHit();
  fc.assert(
    fc.property(
      fc.array(routeMatch, { minLength: 1, maxLength: 25 }),
      fc.array(requestSeed, { minLength: 1, maxLength: 20 }),
      (matches, seeds) => {
        const table = new RouteTable(buildRouteTable(matches));
        for (const seed of seeds) {
          const request = makeRequest(matches, seed);
          const expected = referenceLookup(matches, request);
          assert.equal(table.lookup(request, hit), expected?.route ?? -1, JSON.stringify(request));
          assert.equal(hit.route, expected?.route ?? -1);
          assert.equal(hit.parameterCount, Object.keys(expected?.parameters ?? {}).length);
          for (const [name, value] of Object.entries(expected?.parameters ?? {})) {
            assert.equal(hit.parameter(name), value);
          }
        }
      },
    ),
    { numRuns: 1500 },
  );
});

test('the methods allowed are those that would have made a route match', () => {
  fc.assert(
    fc.property(fc.array(routeMatch, { minLength: 1, maxLength: 15 }), requestSeed, (matches, seed) => {
      const request = { ...makeRequest(matches, seed), method: 'NOSUCH' };
      const table = new RouteTable(buildRouteTable(matches));
      if (table.lookup(request, new RouteHit()) !== -1) return;
      assert.deepEqual(table.allowedMethods(request).sort(), referenceAllowedMethods(matches, request));
    }),
    { numRuns: 500 },
  );
});

test('the table reads the same from shared memory, at another address, and is never written', () => {
  fc.assert(
    fc.property(fc.array(routeMatch, { minLength: 1, maxLength: 10 }), requestSeed, (matches, seed) => {
      const bytes = buildRouteTable(matches);
      const shared = new Uint8Array(new SharedArrayBuffer(bytes.length + 64), 64, bytes.length);
      shared.set(bytes);
      const request = makeRequest(matches, seed);
      const table = new RouteTable(shared);
      assert.equal(table.lookup(request, new RouteHit()), referenceLookup(matches, request)?.route ?? -1);
      assert.deepEqual(shared, bytes);
    }),
    { numRuns: 200 },
  );
});
