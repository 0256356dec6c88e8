import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findIndistinguishableRoutes } from '../../../../src/decision/route/indistinguishable-routes.ts';
import type { RouteMatch } from '../../../../src/decision/route/route-match.ts';
import { route } from './route-facts.ts';

const areTwins = (a: RouteMatch, b: RouteMatch) => findIndistinguishableRoutes([a, b]).length > 0;

test('routes that differ in spelling only are found', () => {
  assert.ok(areTwins(route('/a'), route('/%61')));
  assert.ok(areTwins(route('/users/{id}'), route('/users/{name}')));
  assert.ok(areTwins(route('/a/*'), route('/a/*')));
  assert.ok(areTwins(route('~^/a'), route('~^/a')));
  const x = ['x', '1'] as const;
  const y = ['y', '2'] as const;
  assert.ok(areTwins(route('/a', { headers: [x, y] }), route('/a', { headers: [y, x, x] })));
});

test('one host and one method in common are enough', () => {
  assert.ok(areTwins(route('/a', { hosts: ['a.test', 'b.test'] }), route('/a', { hosts: ['b.test', '*.test'] })));
  assert.ok(areTwins(route('/a', { methods: ['GET'] }), route('/a', { methods: ['POST', 'GET'] })));
});

test('routes that precedence or some request tells apart are fine', () => {
  const a = route('/a/b');
  for (const other of [
    ...['/a/{x}', '/a/b/', '/a/b/*', '/A/b', '~^/a/b$'].map((path) => route(path)),
    route('/a/b', { hosts: ['a.test'] }),
    route('/a/b', { methods: ['GET'] }),
    route('/a/b', { headers: [['v', '1']] }),
    route('/a/b', { query: [['v', '1']] }),
  ]) {
    assert.ok(!areTwins(a, other), other.path);
  }
  assert.ok(!areTwins(route('/a', { hosts: ['a.test'] }), route('/a', { hosts: ['*.test'] })));
  assert.ok(!areTwins(route('/a', { headers: [['v', '1']] }), route('/a', { query: [['v', '1']] })));
});

test('each pair is named once, with the first route it repeats', () => {
  const same = route('/a', { hosts: ['a.test', 'b.test'], methods: ['GET', 'PUT'] });
  assert.deepEqual(findIndistinguishableRoutes([same, route('/b'), same, same]), [
    [0, 2],
    [0, 3],
  ]);
});
