/** The policy `validate` in a real gateway: documents beside the config, refusals that name the place, and bodies that go on as they came. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { ERRORS, type ErrorCode } from '../../../src/errors/table.ts';
import { spawnGateway } from '../../support/gateway.ts';
import { type FinalResponse, rawClient } from '../../support/raw-client.ts';
import { recordingOrigin } from '../../support/recording-origin.ts';
import { repositoryRoot } from '../../support/repository-root.ts';
import { tempDir } from '../../support/temp-dir.ts';
import { plainGateway } from '../plain-gateway.ts';

const lifetime = { after };
const origin = await recordingOrigin(lifetime);
const folder = tempDir(lifetime);
mkdirSync(join(folder, 'api'));
const SHOP = join(folder, 'api/shop.yaml');
copyFileSync(join(repositoryRoot, 'test/fixtures/openapi/shop.yaml'), SHOP);
const schemaFile = join(folder, 'body.json');
writeFileSync(schemaFile, JSON.stringify({ type: 'object', required: ['n'], properties: { n: { type: 'integer' } } }));

const forward = { upstream: 'origin' };
const gateway = await plainGateway(lifetime, origin.url, {
  listener: { limits: { bodyTimeout: '1s' } },
  routes: [
    { name: 'shop', match: { path: '/v1/*' }, forward, policies: [{ validate: { openapi: SHOP, maxBytes: '64KiB' } }] },
    { name: 'file', match: { path: '/file' }, forward, policies: [{ validate: { body: schemaFile } }] },
    {
      name: 'both',
      match: { path: '/both' },
      forward,
      policies: [{ validate: { body: { required: ['a'] } } }, { transform: { request: { steps: [{ drop: ['a'] }] } } }],
    },
  ],
});
const port = gateway.portOf('public');

function request(method: string, path: string, body: string | Buffer = '', headers: readonly string[] = []): Buffer {
  const framing = headers.includes('Transfer-Encoding: chunked') ? [] : [`Content-Length: ${Buffer.byteLength(body)}`];
  const type = headers.some((line) => line.startsWith('Content-Type')) ? [] : ['Content-Type: application/json'];
  const lines = [`${method} ${path} HTTP/1.1`, 'Host: a', 'X-Tenant: blue', ...type, ...framing, ...headers];
  return Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`), Buffer.from(body)]);
}

const send = async (t: { after(fn: () => void): void }, bytes: Buffer): Promise<FinalResponse> =>
  (await rawClient(t, port)).exchange(bytes);

function assertRefused(response: FinalResponse, code: ErrorCode): Record<string, unknown> {
  assert.equal(response.header('penstock-error'), code);
  assert.equal(response.status, ERRORS[code].status);
  return JSON.parse(response.body.toString()) as Record<string, unknown>;
}

test('a body that fits goes on byte for byte, declared or chunked, plain or compressed', async (t) => {
  const body = '{ "email": "a@b.example",  "items": [{"sku":"x","price":1.10}] }';
  const pieces = `5\r\n${body.slice(0, 5)}\r\n${(body.length - 5).toString(16)}\r\n${body.slice(5)}\r\n0\r\n\r\n`;
  const zipped = gzipSync(body);
  const requests = [
    [request('POST', '/v1/orders', body), body],
    [Buffer.concat([request('POST', '/v1/orders', '', ['Transfer-Encoding: chunked']), Buffer.from(pieces)]), body],
    [request('POST', '/v1/orders', zipped, ['Content-Encoding: gzip']), zipped],
  ] as const;
  for (const [bytes, expected] of requests) {
    const before = origin.seen.length;
    assert.equal((await send(t, bytes)).status, 200);
    const seen = await origin.request((one) => one === origin.seen[before] && one.bodyDigest !== null);
    assert.equal(seen.bodyDigest, createHash('sha256').update(expected).digest('hex'));
    assert.equal(seen.header('content-encoding'), bytes === requests[2][0] ? 'gzip' : undefined);
  }
});

test('a body that does not fit is refused with every place in it, and reaches nobody', async (t) => {
  const before = origin.seen.length;
  const body = JSON.stringify({ email: 'not-an-address', items: [{ sku: 'x' }, { price: 'secret' }] });
  const problem = assertRefused(await send(t, request('POST', '/v1/orders', body)), 'request_invalid');
  assert.deepEqual(problem['errors'], [
    { in: 'body', path: '/email', message: 'must match format "email"' },
    { in: 'body', path: '/items/1/sku', message: 'is missing' },
    { in: 'body', path: '/items/1/price', message: 'must be number' },
  ]);
  assert.deepEqual([problem['status'], problem['code']], [400, 'request_invalid']);
  assert.ok(!JSON.stringify(problem).includes('secret') && !JSON.stringify(problem).includes('not-an'));
  assert.equal(origin.seen.length, before);
});

test('a larger body is checked in a thread, to the same end', async (t) => {
  const items = Array.from({ length: 900 }, (_, price) => ({ sku: `sku-${price}`, price }));
  assert.equal(
    (await send(t, request('POST', '/v1/orders', JSON.stringify({ email: 'a@b.example', items })))).status,
    200,
  );
  const bad = JSON.stringify({ email: 'a@b.example', items: [...items, { sku: 1 }] });
  const problem = assertRefused(await send(t, request('POST', '/v1/orders', bad)), 'request_invalid');
  assert.deepEqual(problem['errors'], [{ in: 'body', path: '/items/900/sku', message: 'must be string' }]);
});

test('parameters are checked before a body is waited for', async (t) => {
  const problem = assertRefused(await send(t, request('GET', '/v1/orders?limit=1000&state=gone')), 'request_invalid');
  assert.deepEqual(problem['errors'], [
    { in: 'query', path: 'limit', message: 'must be <= 100' },
    { in: 'query', path: 'state/0', message: 'must be equal to one of the allowed values' },
  ]);
  assert.equal((await send(t, request('GET', '/v1/orders?limit=100&state=open'))).status, 200);
  assert.deepEqual(
    [(await send(t, request('HEAD', '/v1/orders/7'))).status, (await send(t, request('HEAD', '/v1/orders/x'))).status],
    [200, 400],
  );
});

test('a schema in a file of its own, and a transformation behind a check', async (t) => {
  assert.equal((await send(t, request('POST', '/file', '{"n":1}'))).status, 200);
  const problem = assertRefused(await send(t, request('POST', '/file', '{"n":1.5}')), 'request_invalid');
  assert.deepEqual(problem['errors'], [{ in: 'body', path: '/n', message: 'must be integer' }]);
  const before = origin.seen.length;
  assert.equal((await send(t, request('POST', '/both', '{"a":1,"b":2}'))).status, 200);
  assert.equal((await origin.request((one) => one === origin.seen[before] && one.bodyDigest !== null)).bodyBytes, 7);
});

const order = (text: string): Buffer => request('POST', '/v1/orders', text);
const REFUSED: Readonly<Record<string, readonly [ErrorCode, Buffer]>> = {
  'not JSON': ['request_body_invalid', order('{')],
  'a name twice': ['request_body_invalid', order('{"email":1,"email":2}')],
  nothing: ['request_invalid', order('')],
  'another type': ['media_type_unsupported', request('POST', '/v1/orders', '<a/>', ['Content-Type: text/xml'])],
  'a coding nobody knows': ['media_type_unsupported', request('POST', '/v1/orders', 'x', ['Content-Encoding: zstd'])],
  'more than the limit': ['request_body_too_large', order(`"${'x'.repeat(70_000)}"`)],
  'a zip bomb': [
    'request_body_too_large',
    request('POST', '/v1/orders', gzipSync(Buffer.alloc(10_000_000)), ['Content-Encoding: gzip']),
  ],
  'no end': ['request_body_timeout', order('{"a').subarray(0, -1)],
};
for (const [what, [code, bytes]] of Object.entries(REFUSED)) {
  test(`a body with ${what} is ${ERRORS[code].status} ${code}`, async (t) => {
    const before = origin.seen.length;
    assertRefused(await send(t, bytes), code);
    assert.equal(origin.seen.length, before);
  });
}

test('a document that cannot be used ends the start, with the place in config and document', async (t) => {
  const broken = join(tempDir(t), 'broken.yaml');
  writeFileSync(broken, 'openapi: 3.1.0\npaths: {a: [}\n');
  const config = (validate: unknown) => ({
    version: 1,
    listeners: [{ name: 'public', address: '127.0.0.1:0' }],
    upstreams: { origin: { endpoints: [origin.url] } },
    routes: [{ name: 'a', match: { path: '/*' }, forward, policies: [{ validate }] }],
  });
  for (const [validate, message] of [
    [{ openapi: broken }, /penstock\.yaml:\d+:\d+.*broken\.yaml:2:\d+/s],
    [{ openapi: 'missing.yaml' }, /penstock\.yaml:\d+:\d+.*missing\.yaml/s],
    [{ openapi: SHOP, operation: 'none' }, /has no operation "none"/],
    [{ body: { pattern: '(a)\\1' } }, /cannot be matched in linear time/],
    [{}, /openapi and body/],
  ] as const) {
    const stopped = spawnGateway(t, config(validate));
    assert.notEqual((await stopped.exited()).code, 0);
    assert.match(stopped.stderr, message);
  }
});
