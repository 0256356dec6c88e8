import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { buildRouteTable } from '../../../../src/decision/route/build-route-table.ts';
import { findNearMisses } from '../../../../src/decision/route/near-misses.ts';
import { RouteHit } from '../../../../src/decision/route/route-hit.ts';
import { RouteTable } from '../../../../src/decision/route/route-table.ts';
import { sampleRequests } from '../../../../src/decision/route/sample-requests.ts';
import { facts, route } from './route-facts.ts';

const LOST: readonly (readonly [string, ReturnType<typeof route>, ReturnType<typeof route>])[] = [
  ['host', route('/*', { hosts: ['a.test'] }), route('/a', { hosts: ['*.test'] })],
  ['host', route('/*', { hosts: ['*.test'] }), route('/a')],
  ['path', route('/a'), route('/{id}')],
  ['path', route('/{id}'), route('/*')],
  ['path', route('/*'), route('~^/a')],
  ['methods', route('/a', { methods: ['GET'] }), route('/a', { headers: [['x', '1']] })],
  ['headers', route('/a', { headers: [['x', '1']] }), route('/a', { query: [['q', '1']] })],
  ['query', route('/a', { query: [['q', '1']] }), route('/a')],
];

describe('why a route lost', () => {
  const request = facts({ host: 'a.test', path: '/a', query: 'q=1', headers: { x: '1' } });

  for (const [why, winner, loser] of LOST) {
    it(`${why}: ${JSON.stringify(loser)} to ${JSON.stringify(winner)}`, () => {
      for (const matches of [
        [winner, loser],
        [loser, winner],
      ]) {
        const won = new RouteTable(buildRouteTable(matches)).lookup(request, new RouteHit());
        assert.equal(matches[won], winner);
        const [miss, ...others] = findNearMisses(matches, request, won);
        assert.deepEqual(others, []);
        assert.deepEqual([miss!.outranked, miss!.unmet], [why, []]);
      }
    });
  }

  it('names every condition that is not met, and nothing of a route with another path', () => {
    const matches = [
      route('/a', { hosts: ['b.test'], methods: ['PUT'], headers: [['x', '2']], query: [['q', '2']] }),
      route('/b'),
      route('/a/b'),
    ];
    const found = findNearMisses(matches, request, -1);
    assert.deepEqual(
      found.map((miss) => [miss.route, miss.outranked, miss.unmet.map(({ condition, name }) => condition + name)]),
      [[0, null, ['host', 'method', 'headerx', 'queryq']]],
    );
  });
});

const path = fc.constantFrom('/a', '/{id}', '/a/*', '/*', '/a/{id}', '/a/', '~^/a', '~b');
const match = fc.record({
  path,
  hosts: fc.uniqueArray(fc.constantFrom('a.test', '*.test', 'sample.test'), { maxLength: 2 }),
  methods: fc.uniqueArray(fc.constantFrom('GET', 'PUT'), { maxLength: 1 }),
  headers: fc.constantFrom<[string, string][]>([], [['x', '1']]),
  query: fc.constantFrom<[string, string][]>([], [['q', '1']]),
});

it('whoever takes a request and lost it is told of with a reason, and nobody takes one that found no route', () => {
  fc.assert(
    fc.property(fc.array(match, { minLength: 1, maxLength: 6 }), fc.nat(), (given, at) => {
      const matches = given.map(({ path: pattern, ...conditions }) => route(pattern, conditions));
      const request = sampleRequests(matches[at % matches.length]!)[0]!;
      const won = new RouteTable(buildRouteTable(matches)).lookup(request, new RouteHit());
      const misses = findNearMisses(matches, request, won);
      const takers = matches.flatMap((one, index) => {
        const alone = new RouteTable(buildRouteTable([one])).lookup(request, new RouteHit()) === 0;
        return alone && index !== won ? [index] : [];
      });
      const told = misses.filter(({ unmet }) => unmet.length === 0);
      assert.deepEqual(told.map((miss) => miss.route).sort(), takers.sort());
      for (const { outranked } of told) assert.notEqual(outranked, null);
    }),
  );
});
