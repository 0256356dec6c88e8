import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildRouteTable } from '../../../../src/decision/route/build-route-table.ts';
import { RouteHit } from '../../../../src/decision/route/route-hit.ts';
import type { RequestFacts, RouteMatch } from '../../../../src/decision/route/route-match.ts';
import { RouteTable } from '../../../../src/decision/route/route-table.ts';
import { facts, route } from './route-facts.ts';

const hit = new RouteHit();

function pathOf(matches: readonly RouteMatch[], request: Partial<RequestFacts>): string | null {
  const found = new RouteTable(buildRouteTable(matches)).lookup(facts(request), hit);
  return found === -1 ? null : matches[found].path;
}

test('an exact path is that path and no other', () => {
  const routes = [route('/a'), route('/b/')];
  assert.equal(pathOf(routes, { path: '/a' }), '/a');
  assert.equal(pathOf(routes, { path: '/b/' }), '/b/');
  for (const path of ['/', '/a/', '/ab', '/A', '/b', '/a/b', '/b//'])
    assert.equal(pathOf(routes, { path }), null, path);
});

test('a prefix holds whole segments', () => {
  for (const path of ['/a', '/a/', '/a/b', '/a/b/c/']) assert.equal(pathOf([route('/a/*')], { path }), '/a/*', path);
  for (const path of ['/', '/ab', '/b/a', '/A/b']) assert.equal(pathOf([route('/a/*')], { path }), null, path);
  for (const path of ['/', '/a', '//', '/a/b/']) assert.equal(pathOf([route('/*')], { path }), '/*', path);
});

test('a parameter is one segment that is not empty, and is captured where it stands', () => {
  const routes = [route('/users/{id}/keys/{key}'), route('/files/{drive}/*')];
  const path = '/users/a%20b/keys/7';
  assert.equal(pathOf(routes, { path }), '/users/{id}/keys/{key}');
  assert.equal(hit.parameterCount, 2);
  assert.deepEqual([hit.parameterName(0), hit.parameterName(1)], ['id', 'key']);
  assert.deepEqual([hit.parameterStart(0), hit.parameterEnd(0)], [7, 12]);
  assert.equal(hit.parameter('key'), '7');
  assert.equal(hit.parameter('none'), null);
  assert.equal(pathOf(routes, { path: '/files/c/x/y' }), '/files/{drive}/*');
  assert.equal(hit.parameter('drive'), 'c');
  for (const missing of ['/users//keys/7', '/users/a/keys/', '/users/a/b/keys/7', '/files/', '/files']) {
    assert.equal(pathOf(routes, { path: missing }), null, missing);
    assert.equal(hit.parameterCount, 0, 'a lookup that finds nothing leaves nothing of the one before');
  }
});

test('within a host: exact, template, longest prefix, regular expression', () => {
  const routes = ['~^/a', '/*', '/a/*', '/{x}/b/*', '/{x}/{y}', '/a/{y}', '/a/b'].map((path) => route(path));
  const winners = ['/a/b', '/a/{y}', '/{x}/{y}', '/{x}/b/*', '/a/*', '/*', '~^/a'];
  let left = routes;
  for (const winner of winners) {
    assert.equal(pathOf(left, { path: '/a/b' }), winner);
    left = left.filter((match) => match.path !== winner);
  }
});

test('a condition that fails on a better path falls through to the next best, across hosts too', () => {
  const routes = [
    route('/x', { hosts: ['a.test'], methods: ['POST'] }),
    route('/{p}', { hosts: ['a.test'], headers: [['v', '2']] }),
    route('/*', { hosts: ['*.test'], query: [['q', '1']] }),
    route('~.', {}),
  ];
  const ask = (more: object) => pathOf(routes, { host: 'a.test', path: '/x', ...more });
  assert.equal(ask({ method: 'POST' }), '/x');
  assert.equal(ask({ headers: { v: '2' } }), '/{p}');
  assert.equal(ask({ query: 'q=1' }), '/*');
  assert.equal(ask({ query: 'q=2' }), '~.');
});

test('hosts: exact, then the longest suffix at any depth, then none', () => {
  const routes = [
    route('/*'),
    route('/*', { hosts: ['*.example.com'] }),
    route('/*', { hosts: ['*.shop.example.com'] }),
    route('/*', { hosts: ['a.shop.example.com', 'other.test'] }),
  ];
  const table = new RouteTable(buildRouteTable(routes));
  const ask = (host: string) => table.lookup(facts({ host }), hit);
  assert.equal(ask('a.shop.example.com'), 3);
  assert.equal(ask('other.test'), 3);
  assert.equal(ask('b.shop.example.com'), 2);
  assert.equal(ask('c.b.shop.example.com'), 2);
  assert.equal(ask('shop.example.com'), 1);
  for (const host of ['example.com', 'xexample.com', '.example.com', 'com', '', 'a.'.repeat(300)])
    assert.equal(ask(host), 0, host);
});

test('among equal paths: a method named, more headers, more query parameters, order in the file', () => {
  const routes = [
    route('/a'),
    route('/a'),
    route('/a', { query: [['q', '1']] }),
    route('/a', { headers: [['h', '1']] }),
    route('/a', { headers: [['h', '1']], query: [['q', '1']] }),
    route('/a', { methods: ['GET'] }),
  ];
  const table = new RouteTable(buildRouteTable(routes));
  const everything = { path: '/a', query: 'q=1', headers: { h: '1' } };
  assert.equal(table.lookup(facts(everything), hit), 5);
  assert.equal(table.lookup(facts({ ...everything, method: 'PUT' }), hit), 4);
  assert.equal(table.lookup(facts({ ...everything, method: 'PUT', query: null }), hit), 3);
  assert.equal(table.lookup(facts({ ...everything, method: 'PUT', headers: {} }), hit), 2);
  assert.equal(table.lookup(facts({ path: '/a', method: 'PUT' }), hit), 0);
});

test('headers are asked for only where a route that fits has a condition on one', () => {
  const routes = [route('/plain'), route('/guarded', { headers: [['v', '2']] })];
  const table = new RouteTable(buildRouteTable(routes));
  const asked: string[] = [];
  const header = (name: string) => {
    asked.push(name);
    return null;
  };
  table.lookup({ ...facts({ path: '/plain' }), header }, hit);
  assert.deepEqual(asked, []);
  table.lookup({ ...facts({ path: '/guarded' }), header }, hit);
  assert.deepEqual(asked, ['v']);
});

test('a literal meets every spelling that is the same path', () => {
  for (const path of ['/caf\u00e9/a|b', '/caf%c3%a9/%61%7cb']) {
    assert.notEqual(pathOf([route(path)], { path: '/caf%C3%A9/a%7Cb' }), null);
  }
});

test('long and odd paths are looked up like any other', () => {
  const long = `/${'a/'.repeat(5000)}end`;
  assert.equal(pathOf([route('/a/*')], { path: long }), '/a/*');
  assert.equal(pathOf([route('/a/{x}')], { path: `/a/${'x'.repeat(20_000)}` }), '/a/{x}');
  assert.equal(pathOf([route('/a')], { path: '/\u0161' }), null);
  assert.equal(pathOf([route('/{x}')], { path: '/\0' }), '/{x}');
});

test('no route: nothing is found', () => {
  const table = new RouteTable(buildRouteTable([]));
  assert.equal(table.lookup(facts({}), hit), -1);
  assert.deepEqual(table.allowedMethods(facts({})), []);
});

test('an expression that would make a backtracking engine hang is answered in linear time', () => {
  const routes = [route('~^/(a+)+$'), route('~^/(x|x)*y$')];
  assert.equal(pathOf(routes, { path: `/${'a'.repeat(5000)}!` }), null);
  assert.equal(pathOf(routes, { path: `/${'x'.repeat(5000)}` }), null);
  assert.equal(pathOf(routes, { path: '/aaaa' }), '~^/(a+)+$');
});

test('bytes that are no route table are refused', () => {
  assert.throws(() => new RouteTable(new Uint8Array(256)), RangeError);
  assert.throws(() => new RouteTable(buildRouteTable([route('/a')]).subarray(1)), RangeError);
});

test('more methods than a word has bits for are refused by name of the limit', () => {
  const methods = Array.from({ length: 32 }, (_, i) => `METHOD${i}`);
  assert.throws(() => buildRouteTable([route('/a', { methods })]), /more than 31 different methods/);
  assert.equal(pathOf([route('/a', { methods: methods.slice(0, 31) })], { path: '/a', method: 'METHOD30' }), '/a');
  assert.equal(pathOf([route('/a', { methods: methods.slice(0, 31) })], { path: '/a', method: 'METHOD31' }), null);
});
