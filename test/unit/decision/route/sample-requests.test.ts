import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { buildRouteTable } from '../../../../src/decision/route/build-route-table.ts';
import { RouteHit } from '../../../../src/decision/route/route-hit.ts';
import { RouteTable } from '../../../../src/decision/route/route-table.ts';
import { sampleOfRegExp } from '../../../../src/decision/route/sample-of-regexp.ts';
import { sampleRequests } from '../../../../src/decision/route/sample-requests.ts';
import { route } from './route-facts.ts';

const segment = fc.constantFrom('/a', '/users', '/{id}', '/{name}', '/x%2Fy', '');
const path = fc
  .tuple(fc.uniqueArray(segment, { maxLength: 4 }), fc.constantFrom('', '/*', '/'))
  .map(([parts, end]) => parts.join('') + end || '/');
const pairs = fc.uniqueArray(fc.tuple(fc.constantFrom('x', 'a b'), fc.constantFrom('1', 'ü&=', '')), {
  maxLength: 2,
  selector: ([name]) => name,
});
const match = fc.record({
  path,
  hosts: fc.uniqueArray(fc.constantFrom('a.test', '*.a.test', '*.test'), { maxLength: 3 }),
  methods: fc.uniqueArray(fc.constantFrom('GET', 'PURGE'), { maxLength: 2 }),
  headers: pairs,
  query: pairs,
});

describe('the sample requests of a route', () => {
  it('are requests that it takes, whatever it asks for', () => {
    fc.assert(
      fc.property(match, ({ path: pattern, ...conditions }) => {
        const table = new RouteTable(buildRouteTable([route(pattern, conditions)]));
        const samples = sampleRequests(route(pattern, conditions));
        assert.ok(samples.length > 0);
        for (const sample of samples) assert.equal(table.lookup(sample, new RouteHit()), 0, String(sample));
      }),
    );
  });

  it('hold the prefix itself, its folder, and what lies deeper than templates go', () => {
    const paths = new Set(sampleRequests(route('/a/*')).map((sample) => sample.path));
    assert.deepEqual([...paths].slice(0, 3), ['/a', '/a/', '/a/sample']);
    assert.equal(paths.size, 4);
  });
});

describe('an example of a regular expression', () => {
  for (const [expression, example] of [
    ['^/v[0-9]+/', '/v0/'],
    ['^/media/[0-9]+/(small|large)[.]jpg$', '/media/0/small.jpg'],
    ['^/(?:a|b)/\\d{3}/[^/]+$', '/a/111/a'],
    ['b$', '/b'],
    ['^/files/.*\\.(png|jpe?g)$', '/files/a.png'],
    ['^/(?<year>\\d\\d\\d\\d)/x*', '/1111/x'],
  ] as const) {
    it(`is ${example} for ${expression}`, () => assert.equal(sampleOfRegExp(expression), example));
  }

  it('is none where none can be made', () => {
    for (const expression of ['^a', '/ $', '^/%zz', '\\u{1F600}', '^/a\\bb'])
      assert.equal(sampleOfRegExp(expression), null, expression);
  });
});
