import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { DryRequestParts } from '../../../../src/decision/dry-run.ts';
import { ANSWERED, PASS, REFUSED } from '../../../../src/decision/policies/verdict.ts';
import { percentEncode } from '../../../../src/decision/url-template.ts';
import { ask, makePolicy } from '../../../support/policies.ts';

/** Where a request is sent; null: nowhere. */
async function location(options: unknown, parts: DryRequestParts): Promise<string | null> {
  const { verdict, decision } = await ask(makePolicy('redirect', options), parts);
  if (verdict === PASS) return null;
  if (verdict === REFUSED) return decision.error;
  assert.equal(verdict, ANSWERED);
  assert.equal(decision.own!.headers[0], 'location');
  return decision.own!.headers[1]!;
}

const REQUEST: DryRequestParts = { host: 'shop.example.com', path: '/a/b', query: 'x=1' };

describe('redirect', () => {
  const cases: readonly (readonly [name: string, options: unknown, parts: DryRequestParts, expected: string | null])[] =
    [
      ['goes to https and keeps the rest', { scheme: 'https' }, {}, 'https://shop.example.com/a/b?x=1'],
      ['keeps https requests', { scheme: 'https' }, { scheme: 'https' }, null],
      ['goes to https on its port', { scheme: 'https', port: 8443 }, {}, 'https://shop.example.com:8443/a/b?x=1'],
      ['does not say the usual port', { scheme: 'https', port: 443 }, {}, 'https://shop.example.com/a/b?x=1'],
      ['leaves the port when https is there', { scheme: 'https', port: 8443 }, { scheme: 'https' }, null],
      ['goes to another host', { host: 'www.example.com' }, { query: null }, 'http://www.example.com/a/b'],
      ['stays on the host', { host: 'shop.example.com' }, {}, null],
      ['changes a prefix', { prefix: { from: '/a', to: '/c' } }, {}, 'http://shop.example.com/c/b?x=1'],
      ['leaves other paths', { prefix: { from: '/b', to: '/c' } }, {}, null],
      ['does not move what has moved', { prefix: { from: '/', to: '/a' } }, {}, null],
      ['moves what has not', { prefix: { from: '/', to: '/n' } }, {}, 'http://shop.example.com/n/a/b?x=1'],
      ['goes to a URL', { to: 'https://new.example/x' }, {}, 'https://new.example/x'],
      ['goes to a host alone', { to: 'https://new.example' }, {}, 'https://new.example/'],
      ['goes to a path', { to: `/p/\${query.x}#top` }, {}, 'http://shop.example.com/p/1#top'],
      [
        'fills a URL',
        { to: `https://\${request.host}\${request.path}?\${request.query}` },
        {},
        'https://shop.example.com/a/b?x=1',
      ],
      [
        'leaves an empty query out',
        { to: `https://n.example/?\${request.query}` },
        { query: null },
        'https://n.example/',
      ],
      [
        'does not send to where the request is',
        { to: `http://\${request.host}\${request.path}?\${request.query}` },
        {},
        null,
      ],
      [
        'encodes values in a query',
        { to: `/p?next=\${request.path}&\${header.h}` },
        { headers: ['h', 'a&b=\xe9'] },
        'http://shop.example.com/p?next=%2Fa%2Fb&a%26b%3D%E9',
      ],
      ['refuses a path that is none', { to: `/p/\${query.y}` }, {}, 'path_invalid'],
      [
        'refuses //evil behind a prefix',
        { prefix: { from: '/a', to: '/' } },
        { path: '/a//evil.example' },
        'path_invalid',
      ],
      ['refuses //evil as a path', { to: `\${request.path}` }, { path: '//evil.example' }, 'path_invalid'],
    ];
  for (const [name, options, parts, expected] of cases) {
    it(name, async () => assert.equal(await location(options, { ...REQUEST, ...parts }), expected));
  }

  it('has the status it was given', async () => {
    for (const status of [301, 302, 303, 307, 308]) {
      const { decision } = await ask(makePolicy('redirect', { to: '/x', status }), REQUEST);
      assert.equal(decision.own!.status, status);
    }
    assert.equal((await ask(makePolicy('redirect', { to: '/x' }), REQUEST)).decision.own!.status, 308);
  });

  it('never leaves the host that the config names, ends its line or loops', async () => {
    const options = fc.constantFrom(
      { to: `https://safe.example/x/\${query.v}` },
      { to: `https://safe.example\${request.path}?q=\${query.v}&h=\${header.v}` },
      { to: `https://safe.example/?\${request.query}` },
      { host: 'safe.example', scheme: 'https' },
      { host: 'safe.example', scheme: 'https', prefix: { from: '/', to: '/in' } },
    );
    const text = fc.oneof(
      fc.constantFrom(
        '//evil.example',
        '/\\evil.example',
        '@evil.example',
        '\r\nset-cookie: a=b',
        '.evil.example',
        '..',
      ),
      fc.string({ unit: 'binary', maxLength: 12 }),
    );
    const path = fc.constantFrom('/', '/a', '//evil.example', '/%0D%0Ax:%201', '/a/', '/@evil.example');
    await fc.assert(
      fc.asyncProperty(options, text, path, async (written, value, asked) => {
        const parts = {
          path: asked,
          query: `v=${percentEncode(value)}`,
          headers: ['v', value.replace(/[^\x20-\xff]/g, '')],
        };
        const to = await location(written, { ...REQUEST, ...parts });
        if (to === null || to === 'path_invalid') return;
        assert.match(to, /^https:\/\/safe\.example\/[\x21-\x7e]*$/);
        const url = new URL(to);
        assert.equal(url.host, 'safe.example');
        const query = url.search === '' ? null : url.search.slice(1);
        const again = { host: url.host, scheme: 'https' as const, path: url.pathname, query };
        if (written.to === undefined) assert.equal(await location(written, again), null, `${to} leads on`);
      }),
      { numRuns: 300 },
    );
  });
});
