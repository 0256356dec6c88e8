/** The gateway's own answers: each error a client can cause, in one form, with its code and an id to quote. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { after, test } from 'node:test';
import { ERRORS, type ErrorCode } from '../../src/errors/table.ts';
import { rawClient, requestOnce } from '../support/raw-client.ts';
import { recordingOrigin } from '../support/recording-origin.ts';
import { head, plainGateway, send } from './plain-gateway.ts';

const lifetime = { after };
const origin = await recordingOrigin(lifetime);
const gateway = await plainGateway(lifetime, origin.url, {
  listener: {
    trustedProxies: ['127.0.0.1'],
    chunkedRequests: 'reject',
    limits: { headerBytes: '4KiB', bodyBytes: '1KiB', bodyTimeout: '1s' },
  },
  routes: [
    { name: 'read', match: { path: '/read/{id}', methods: ['GET', 'HEAD'] }, forward: { upstream: 'origin' } },
    { name: 'write', match: { path: '/read/{id}', methods: ['PUT'] }, forward: { upstream: 'origin' } },
    { name: 'upload', match: { path: '/upload' }, forward: { upstream: 'origin' } },
  ],
});
const port = gateway.portOf('public');

/** How a client brings about each error of its own making. `M` stands for the method. */
const CAUSES: { readonly [code in ErrorCode]?: string } = {
  request_malformed: head('M /read/1 HTTP/1.1', 'Host: a', 'Connection: authorization'),
  request_framing_invalid: head('M /read/1 HTTP/1.1', 'Host: a', 'Content-Length:'),
  host_invalid: head('M /read/1 HTTP/1.1', 'Host: a/b'),
  path_invalid: head('M /read/%2F HTTP/1.1', 'Host: a'),
  request_header_too_large: head('M /read/1 HTTP/1.1', 'Host: a', `X: ${'x'.repeat(4096)}`),
  request_body_too_large: `${head('M /upload HTTP/1.1', 'Host: a', 'Content-Length: 1025')}${'x'.repeat(1025)}`,
  request_body_timeout: head('M /upload HTTP/1.1', 'Host: a', 'Content-Length: 5'),
  chunked_refused: `${head('M /upload HTTP/1.1', 'Host: a', 'Transfer-Encoding: chunked')}0\r\n\r\n`,
  expectation_failed: head('M /read/1 HTTP/1.1', 'Host: a', 'Expect: more'),
  route_not_found: head('M /nowhere HTTP/1.1', 'Host: a'),
};
/** Errors whose answer leaves the connection to the next request. */
const KEEPS_CONNECTION: readonly ErrorCode[] = ['route_not_found'];

for (const [name, request] of Object.entries(CAUSES)) {
  const code = name as ErrorCode;
  test(`${code} is a problem document with its code, the request id and status ${ERRORS[code].status}`, async (t) => {
    const client = await rawClient(t, port);
    const response = await client.exchange(
      request.replace(/^M/, 'POST').replace('Host: a', 'X-Request-Id: quoted-id\r\nHost: a'),
    );
    assert.equal(response.status, ERRORS[code].status);
    assert.equal(response.header('content-type'), 'application/problem+json');
    assert.equal(response.header('penstock-error'), code);
    assert.equal(response.header('x-request-id'), 'quoted-id');
    const problem = JSON.parse(response.body.toString('utf8')) as Record<string, unknown>;
    assert.deepEqual(
      [problem['type'], problem['status'], problem['detail'], problem['code'], problem['requestId']],
      ['about:blank', response.status, ERRORS[code].detail, code, 'quoted-id'],
    );
    if (KEEPS_CONNECTION.includes(code)) {
      assert.equal(response.header('connection'), undefined);
      assert.equal((await client.exchange(head('GET /read/1 HTTP/1.1', 'Host: a'))).status, 200);
    } else {
      assert.equal(response.header('connection'), 'close');
      assert.equal(await client.ended(), 'closed');
    }
  });

  test(`${code} for HEAD has the same head and no body`, async (t) => {
    const client = await rawClient(t, port);
    const bare = await client.exchange(request.replace(/^M/, 'HEAD'));
    if (KEEPS_CONNECTION.includes(code))
      assert.equal((await client.exchange(head('GET /read/1 HTTP/1.1', 'Host: a'))).status, 200);
    else assert.equal((await client.readToEnd()).bytes.length, 0);
    const full = await requestOnce(t, port, request.replace(/^M/, 'POST'));
    assert.deepEqual([bare.status, bare.body.length], [full.status, 0]);
    const named = (headers: typeof full.headers) => headers.filter(([key]) => key !== 'x-request-id' && key !== 'Date');
    assert.deepEqual(named(bare.headers), named(full.headers));
    assert.equal(bare.header('content-length'), String(full.body.length));
  });
}

test('a request id that nobody may set is made by the gateway, and is in header and document alike', async (t) => {
  const response = await requestOnce(t, port, head('GET /nowhere HTTP/1.1', 'Host: a', 'X-Request-Id: a b'));
  const { requestId } = JSON.parse(response.body.toString('utf8')) as { requestId: string };
  assert.match(requestId, /^[0-9a-f]{24}$/);
  assert.equal(response.header('x-request-id'), requestId);
});

test('a wrong method is 405 and names the methods of every route that takes the path', async (t) => {
  for (const method of ['DELETE', 'OPTIONS', 'PROPFIND', 'TRACE']) {
    const response = await requestOnce(t, port, head(`${method} /read/1 HTTP/1.1`, 'Host: a'));
    assert.equal(response.status, 405);
    assert.equal(response.header('penstock-error'), 'method_not_allowed');
    assert.deepEqual(response.header('allow')!.split(', ').sort(), ['GET', 'HEAD', 'PUT']);
  }
});

test('TRACE of a path that no route takes allows nothing', async (t) => {
  const response = await requestOnce(t, port, head('TRACE /nowhere HTTP/1.1', 'Host: a'));
  assert.deepEqual([response.status, response.header('allow')], [405, '']);
});

test('a body that is announced as small but never ends in time is 408, and the upstream request is ended', async (t) => {
  const request = head('POST /upload HTTP/1.1', 'Host: a', 'X-Test-Answer: stalled', 'Content-Length: 5');
  const response = await requestOnce(t, port, `${request}abc`);
  assert.equal(response.status, 408);
  await origin.request(({ answer, state }) => answer === 'stalled' && state === 'aborted');
});

test('an upstream that cannot be reached is 502, with the form of any other error', async (t) => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port: closedPort } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  const failing = await plainGateway(t, `http://127.0.0.1:${closedPort}`);
  const client = await rawClient(t, failing.portOf('public'));
  for (const method of ['GET', 'HEAD', 'POST']) {
    const response = await client.exchange(head(`${method} / HTTP/1.1`, 'Host: a'));
    assert.deepEqual([response.status, response.header('penstock-error')], [502, 'upstream_connect_failed']);
    assert.equal(response.header('content-type'), 'application/problem+json');
    assert.equal(response.body.length > 0, method !== 'HEAD');
  }
});

test('no answer of the gateway repeats what the client sent beyond its request id', async (t) => {
  const marked = head('GET /nowhere/<marker>?<marker> HTTP/1.1', 'Host: marker', 'X-Marker: <marker>');
  const response = await requestOnce(t, port, marked);
  assert.doesNotMatch(`${JSON.stringify(response.headers)}${response.body.toString('utf8')}`, /marker/);
});

test('what the parser refuses by itself says so in its own words: no code, no id', async (t) => {
  const { responses } = await send(t, port, head('GET / HTTP/1.1', 'Host: a', 'Host: b'));
  assert.deepEqual([responses[0].status, responses[0].header('penstock-error')], [400, undefined]);
});
