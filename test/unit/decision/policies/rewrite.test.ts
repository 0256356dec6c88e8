import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { DryRequestParts } from '../../../../src/decision/dry-run.ts';
import { normalisePath } from '../../../../src/decision/normalise-path.ts';
import { PASS, REFUSED } from '../../../../src/decision/policies/verdict.ts';
import { percentEncode } from '../../../../src/decision/url-template.ts';
import { ask, makePolicy } from '../../../support/policies.ts';

/** The path and query that the upstream is asked for; the error's code when the request is refused. */
async function rewritten(options: unknown, parts: DryRequestParts): Promise<string> {
  const { verdict, decision } = await ask(makePolicy('rewrite', options), parts);
  if (verdict === REFUSED) return decision.error!;
  assert.equal(verdict, PASS);
  const { path, query } = decision.target ?? decision.request;
  return query === null ? path : `${path}?${query}`;
}

const prefix = (from: string, to: string) => ({ prefix: { from, to } });
const template = (from: string, to: string) => ({ template: { from, to } });

describe('rewrite of paths', () => {
  const cases: readonly (readonly [name: string, options: unknown, path: string, expected: string])[] = [
    ['changes a prefix', prefix('/api', '/v2'), '/api/users', '/v2/users'],
    ['changes a path that is its prefix', prefix('/api', '/v2'), '/api', '/v2'],
    ['knows whole segments alone', prefix('/api', '/v2'), '/apis/1', '/apis/1'],
    ['leaves other paths as they are', prefix('/api', '/v2'), '/other', '/other'],
    ['takes a prefix off', prefix('/api', '/'), '/api/users/', '/users/'],
    ['leaves a slash when nothing is left', prefix('/api', '/'), '/api', '/'],
    ['puts a prefix before', prefix('/', '/api'), '/users', '/api/users'],
    ['keeps escapes', prefix('/api', '/v2'), '/api/%E4/a%20b', '/v2/%E4/a%20b'],
    ['moves parameters', template('/users/{id}', `/people/\${path.id}`), '/users/4%202', '/people/4%202'],
    ['leaves what does not fit a template', template('/users/{id}', '/people'), '/users/1/2', '/users/1/2'],
    ['wants a parameter to be something', template('/users/{id}/*', '/people/*'), '/users/', '/users/'],
    ['keeps the rest', template('/users/{id}/*', `/p/\${path.id}/*`), '/users/1/orders/2/', '/p/1/orders/2/'],
    ['keeps a rest that is nothing', template('/users/{id}/*', `/p/\${path.id}/*`), '/users/1', '/p/1'],
    ['keeps a rest at the root', template('/users/*', '/*'), '/users/1/x', '/1/x'],
    ['drops the rest', template('/users/{id}/*', `/p/\${path.id}`), '/users/1/orders', '/p/1'],
    ['knows parameters of the route, too', template('/a/*', `/t/\${path.who}/*`), '/a/me/x', '/t/me/me/x'],
    ['gives a whole path', { path: `/x/\${query.q}` }, '/anything', '/x/a%2Fb%20c'],
    ['puts the path behind', { path: `/v2\${request.path}` }, '/a/b', '/v2/a/b'],
    ['refuses an item without a name', { path: `/x/\${query.none}` }, '/a', 'path_invalid'],
    ['refuses an empty segment', { path: `/x/\${query.empty}/y` }, '/a', 'path_invalid'],
    ['refuses to climb', { path: `/x/\${query.up}/y` }, '/a', 'path_invalid'],
    ['refuses to climb in disguise', { path: `/x/\${query.hidden}` }, '/a', 'path_invalid'],
    ['refuses to climb by parts', { path: `/x/.\${query.dot}/y` }, '/a', 'path_invalid'],
    ['refuses a NUL', { path: `/x/\${query.nul}` }, '/a', 'path_invalid'],
  ];
  const query = 'q=a/b+c&empty=&up=..&hidden=..%2Fadmin&dot=.&nul=%00';
  for (const [name, options, path, expected] of cases) {
    it(name, async () => {
      const suffix = expected === 'path_invalid' ? '' : `?${query}`;
      assert.equal(await rewritten(options, { path, query, pattern: '/a/{who}/*' }), `${expected}${suffix}`);
    });
  }

  it('never gives a path that climbs, has an empty segment or is not in its one spelling', async () => {
    const piece = fc.oneof(
      fc.constantFrom('..', '.', '/', '//', '%2e%2e', '%2F', '\\', ';', '\r\n', '\0', '%', '?', '#', '..;', 'é', ''),
      fc.string({ unit: 'binary', maxLength: 5 }),
    );
    const value = fc.array(piece, { maxLength: 4 }).map((pieces) => pieces.join(''));
    const to = fc.constantFrom(
      `/x/\${query.v}`,
      `/x/\${query.v}/y`,
      `/x/\${query.v}\${header.v}`,
      `/.\${header.v}`,
      `/\${query.v}\${request.path}`,
      `/\${query.v}/*`,
    );
    let passed = 0;
    const property = fc.asyncProperty(
      value,
      to,
      fc.constantFrom('/', '/a', '/a//b', '/a%2Fb', '/a/b/'),
      async (text, path, asked) => {
        const options = path.endsWith('/*') ? template('/*', path) : { path };
        const parts = {
          path: asked,
          query: `v=${percentEncode(text)}`,
          headers: ['v', text.replace(/[^\x20-\xff]/g, '')],
        };
        const { verdict, decision } = await ask(makePolicy('rewrite', options), parts);
        if (verdict !== PASS) {
          assert.equal(decision.error, 'path_invalid');
          return;
        }
        passed++;
        const result = decision.target!.path;
        assert.match(result, /^\/[\x21-\x7e]*$/);
        assert.doesNotMatch(result, /\/\/|[?#\\]/);
        const read = result.replace(/%2F/gi, '/').replace(/%5C/gi, '/').replace(/%2E/gi, '.');
        assert.ok(!read.split('/').some((segment) => /^\.\.?(?:;|$)/.test(segment)), result);
        assert.equal(normalisePath(result, { encodedSlash: 'keep', emptySegments: 'keep' }), result);
      },
    );
    await fc.assert(property, { numRuns: 300 });
    assert.ok(passed > 20);
  });
});

describe('rewrite of query and host', () => {
  it('removes, replaces and keeps parameters', async () => {
    const options = { query: { remove: ['a', 'c d'], set: { who: `<\${client.ip}>&`, none: `\${query.x}`, '?': '' } } };
    const parts = { path: '/p', query: 'a=1&b=%zz&who=me&c+d=2&c%20d=3&&A=4&none=5' };
    assert.equal(await rewritten(options, parts), '/p?b=%zz&A=4&who=%3C127.0.0.1%3E%26&%3F=');
    assert.equal(await rewritten({ query: { remove: ['a'] } }, { path: '/p', query: 'a=1' }), '/p');
    assert.equal(await rewritten({ query: { remove: ['a'] } }, { path: '/p' }), '/p');
  });

  it('never gives a query that ends its line or another parameter', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary' }), async (text) => {
        const parts = { path: '/p', query: `v=${percentEncode(text)}&keep=1` };
        const target = await rewritten({ query: { set: { to: `\${query.v}` } } }, parts);
        assert.match(target, /^\/p\?v=[\w.~%-]*&keep=1&to=[\w.~%-]*$/);
      }),
    );
  });

  it('sets the host, and goes on from what an earlier rewrite made', async () => {
    const { decision } = await ask(makePolicy('rewrite', { host: 'orders.internal:8080' }), {});
    assert.deepEqual([decision.host, decision.target], ['orders.internal:8080', null]);
    decision.target = { path: '/api/x', query: 'a=1' };
    makePolicy('rewrite', prefix('/api', '/v2')).onRequest!(decision);
    assert.deepEqual(decision.target, { path: '/v2/x', query: 'a=1' });
  });
});
