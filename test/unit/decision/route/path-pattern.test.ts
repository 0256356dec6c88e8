import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parsePathPattern } from '../../../../src/decision/route/path-pattern.ts';

test('a path is taken apart into segments and parameters', () => {
  assert.deepEqual(parsePathPattern('/'), { kind: 'exact', segments: [''], parameters: [] });
  assert.deepEqual(parsePathPattern('/*'), { kind: 'prefix', segments: [], parameters: [] });
  assert.deepEqual(parsePathPattern('/a/{id}/'), { kind: 'exact', segments: ['a', null, ''], parameters: ['id'] });
  assert.deepEqual(parsePathPattern('/a/{id}/*'), { kind: 'prefix', segments: ['a', null], parameters: ['id'] });
  assert.deepEqual(parsePathPattern('~^/v[0-9]+/'), { kind: 'regexp', source: '^/v[0-9]+/' });
});

test('literals get the spelling of a normalised request path', () => {
  const cases: [string, string][] = [
    ['/caf\u00e9', 'caf%C3%A9'],
    ['/%63af%c3%a9', 'caf%C3%A9'],
    ['/a%2fb', 'a%2Fb'],
    ['/.well-known', '.well-known'],
    ['/a b', 'a%20b'],
    ['/users:batch', 'users:batch'],
    ['/%7Bx%7D', '%7Bx%7D'],
  ];
  for (const [path, literal] of cases)
    assert.deepEqual(parsePathPattern(path), { kind: 'exact', segments: [literal], parameters: [] });
});

test('what no request path can match, or what other gateways read differently, is an error', () => {
  const wrong = ['', 'a', '*', '/a*', '/*/b', '/a/**', '/{id}.json', '/v{n}', '/{}', '/{a{b}}', '/{a}/{a}', '/{a*}'];
  const unreachable = ['/.', '/a/..', '/%2e/b', '/a%', '/a%zz', '/a%00', '/a\\b', '/a#b', '/a?b', '/..;x', '/\ud800'];
  for (const path of [...wrong, ...unreachable]) assert.throws(() => parsePathPattern(path), SyntaxError, path);
});

test('an expression without a linear-time form is an error', () => {
  for (const source of ['(', '[', '(a)\\1', '(?=a)b', '(?<!a)b', 'a{1000}']) {
    assert.throws(() => parsePathPattern(`~${source}`), SyntaxError, source);
  }
});
