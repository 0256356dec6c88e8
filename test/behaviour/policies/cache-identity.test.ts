/** A cached answer for one consumer is never served to another: a running gateway with keys, a cache and an origin that names whom it answers. */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import { type Gateway, startGateway } from '../../support/gateway.ts';

const CONSUMERS = ['acme', 'zenith', 'anonymous'] as const;

let gateway: Gateway;
let answered = 0;
const cleanUps: (() => unknown)[] = [];
const file = { after: (cleanUp: () => unknown): void => void cleanUps.unshift(cleanUp) };
after(async () => {
  for (const cleanUp of cleanUps) await cleanUp();
});

before(async () => {
  // Says in the body for whom it was made, and in its headers that anybody may store it, whether or not that is true.
  const origin = createServer((request, response) => {
    answered++;
    const cacheControl = new URL(request.url!, 'http://o').searchParams.get('cc') ?? 'public, max-age=60';
    response.writeHead(200, { 'cache-control': cacheControl, etag: '"same-for-all"' });
    response.end(`${request.headers['x-consumer'] ?? 'anonymous'} ${request.url}`);
  });
  origin.listen(0, '127.0.0.1');
  await new Promise((resolve) => origin.once('listening', resolve));
  file.after(() => origin.close());
  const { port } = origin.address() as AddressInfo;
  gateway = await startGateway(file, {
    version: 1,
    listeners: [{ name: 'public', address: '127.0.0.1:0' }],
    admin: { address: '127.0.0.1:0' },
    runtime: { acceptors: 1 },
    telemetry: { accessLog: 'none' },
    upstreams: { origin: { endpoints: [`http://127.0.0.1:${port}`] } },
    consumers: { acme: { keys: ['key-of-acme'] }, zenith: { keys: ['key-of-zenith'] } },
    routes: [
      {
        name: 'all',
        match: { path: '/*' },
        policies: [
          { cache: { ttl: '1m', staleWhileRevalidate: '1m', staleIfError: '1m' } },
          { keyAuth: { query: 'k', header: 'x-api-key', optional: true, consumerHeader: 'x-consumer' } },
        ],
        forward: { upstream: 'origin' },
      },
    ],
  } as never);
});

const requests = fc.record({
  who: fc.constantFrom(...CONSUMERS),
  where: fc.constantFrom('header', 'query'),
  path: fc.constantFrom('/a', '/b'),
  cacheControl: fc.constantFrom('public, max-age=60', 'max-age=0', 'public, s-maxage=60', 'private', 'max-age=60'),
  condition: fc.constantFrom(
    null,
    ['if-none-match', '"other"'],
    ['cache-control', 'max-age=0'],
    ['x-consumer', 'acme'],
  ),
});

describe('a cache behind identities', () => {
  it('gives everybody what was made for them, whoever asked before', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(requests, { minLength: 5, maxLength: 20 }), async (sequence) => {
        const answers = await Promise.all(
          sequence.map(async ({ who, where, path, cacheControl, condition }) => {
            const url = new URL(path, gateway.urlOf('public'));
            url.searchParams.set('cc', cacheControl);
            if (who !== 'anonymous' && where === 'query') url.searchParams.set('k', `key-of-${who}`);
            const headers = new Headers(condition === null ? [] : [condition as [string, string]]);
            if (who !== 'anonymous' && where === 'header') headers.set('x-api-key', `key-of-${who}`);
            const response = await fetch(url, { headers });
            return { who, path, status: response.status, body: await response.text() };
          }),
        );
        for (const { who, path, status, body } of answers) {
          assert.equal(status, 200);
          assert.ok(body.startsWith(`${who} ${path}?`), `${who} got ${body}`);
          assert.doesNotMatch(body, /key-of/);
        }
      }),
      { numRuns: 40 },
    );
  });

  it('stores at all', async () => {
    const url = new URL('/stored', gateway.urlOf('public'));
    const headers = { 'x-api-key': 'key-of-acme' };
    await (await fetch(url, { headers })).text();
    const before = answered;
    const again = await fetch(url, { headers });
    assert.match(again.headers.get('cache-status')!, /hit/);
    assert.equal(answered, before);
  });
});
