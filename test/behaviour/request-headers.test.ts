/** Which headers cross the gateway, in which order, byte for byte; and which do not. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { rawClient, requestOnce } from '../support/raw-client.ts';
import { rawOrigin } from '../support/raw-origin.ts';
import { head, plainGateway, send } from './plain-gateway.ts';

const lifetime = { after };
/** Echoes the request head in its body, so that a test sees the bytes; answers with headers a test has set. */
let responseHeaders: readonly string[] = [];
const origin = await rawOrigin(lifetime, async (connection) => {
  for (;;) {
    const seen = await connection.readHead();
    const length = /^content-length: (\d+)\r$/im.exec(seen);
    if (length !== null) await connection.readBytes(Number(length[1]));
    const lines = ['HTTP/1.1 200 OK', ...responseHeaders, `Content-Length: ${seen.length}`];
    await connection.send(head(...lines) + seen);
  }
});
const gateway = await plainGateway(lifetime, origin.url, { listener: { trustedProxies: ['127.0.0.1'] } });
const port = gateway.portOf('public');

type Pair = readonly [name: string, value: string];
/** What the origin saw of a GET with these header lines, without what the gateway itself adds. */
async function forwardedHeaders(t: { after(run: () => unknown): void }, ...lines: readonly string[]): Promise<Pair[]> {
  const response = await requestOnce(t, port, head('GET / HTTP/1.1', 'Host: a', ...lines));
  assert.equal(response.status, 200, response.body.toString('latin1'));
  const OWN = /^(host|via|x-forwarded-.*|x-request-id)$/;
  return response.body
    .toString('latin1')
    .trimEnd()
    .split('\r\n')
    .slice(1)
    .map((line): Pair => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)])
    .filter(([name]) => !OWN.test(name));
}

/** What a client sees of a response with these header lines, without what the gateway itself adds. */
async function returnedHeaders(t: { after(run: () => unknown): void }, ...lines: readonly string[]): Promise<Pair[]> {
  responseHeaders = lines;
  const { headers } = await requestOnce(t, port, head('GET / HTTP/1.1', 'Host: a'));
  responseHeaders = [];
  return headers.filter(([name]) => !/^(date|content-length|x-request-id)$/i.test(name)) as Pair[];
}

const COOKIES = Array.from({ length: 40 }, (_, index) => `c${index}=${'v'.repeat(index)}`);

test('repeated request headers and many cookies arrive in order, none merged', async (t) => {
  const lines = [
    ...COOKIES.map((cookie) => `cookie: ${cookie}`),
    'x-a: 1',
    'accept: x',
    'x-a: 2',
    'x-a: 1',
    'x-empty: ',
  ];
  const expected = lines.map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]);
  assert.deepEqual(await forwardedHeaders(t, ...lines), expected);
});

test('repeated response headers and many cookies arrive in order, names as the origin wrote them', async (t) => {
  const pairs: Pair[] = [
    ...COOKIES.map((cookie): Pair => ['Set-Cookie', `${cookie}; Path=/; Expires=Wed, 21 Oct 2026 07:28:00 GMT`]),
    ['X-a', '1'],
    ['WWW-Authenticate', 'Basic realm="a, b"'],
    ['X-A', '2'],
    ['www-authenticate', 'Bearer'],
    ['X-Empty', ''],
  ];
  assert.deepEqual(await returnedHeaders(t, ...pairs.map(([name, value]) => `${name}: ${value}`)), pairs);
});

/** Every byte a value may hold, in one string of one character a byte. */
const ALL_BYTES = Array.from({ length: 256 }, (_, byte) => String.fromCharCode(byte))
  .filter((character) => character === '\t' || (character >= ' ' && character !== '\x7f'))
  .join('');
const UTF8 = Buffer.from('a café, 100 €, 日本語, 🐟 z').toString('latin1');

test('request header values beyond ASCII arrive byte for byte: UTF-8, latin1 and any mixture', async (t) => {
  const values = [UTF8, 'a caf\xe9 z', `x${ALL_BYTES}x`, 'a \xef\xbf\xbd z', 'a \xff\xfe z', 'a \xc3 z'];
  for (const value of values) assert.deepEqual(await forwardedHeaders(t, `x-value: ${value}`), [['x-value', value]]);
});

test('a repeated header is told apart when one of its values is not UTF-8', async (t) => {
  const pairs: Pair[] = [
    ['x-value', 'a caf\xe9 z'],
    ['x-value', UTF8],
    ['x-value', 'plain'],
  ];
  assert.deepEqual(await forwardedHeaders(t, ...pairs.map(([name, value]) => `${name}: ${value}`)), pairs);
  // Of a later one the parser gives away no bytes: refused, rather than forwarded changed.
  const refused = await requestOnce(t, port, head('GET / HTTP/1.1', 'Host: a', 'x-value: 1', 'x-value: caf\xe9!'));
  assert.equal(refused.status, 400);
  assert.equal(refused.header('penstock-error'), 'request_malformed');
});

test('today the parser trims bytes beyond ASCII from both ends of a request header value', async (t) => {
  assert.deepEqual(await forwardedHeaders(t, 'x-value: caf\xe9', 'x-all: \xf0\x9f\x90\x9f'), [
    ['x-value', 'caf'],
    ['x-all', ''],
  ]);
});

test('response header values beyond ASCII arrive byte for byte', async (t) => {
  for (const value of [UTF8, 'caf\xe9', `x${ALL_BYTES}x`, '\xf0\x9f\x90\x9f', '\xff'])
    assert.deepEqual(await returnedHeaders(t, `X-Value: ${value}`), [['X-Value', value]]);
});

test('hop-by-hop request headers stay behind, also those that Connection names', async (t) => {
  const lines = [
    'x-before: 1',
    'Connection: keep-alive, X-Named',
    'connection: x-also-named',
    'X-Named: 1',
    'x-also-named: 1',
    'x-named: 2',
    'Keep-Alive: timeout=5',
    'Proxy-Connection: keep-alive',
    'Proxy-Authorization: Basic eDp5',
    'TE: trailers',
    'Trailer: x-checksum',
    'Upgrade: websocket',
    'HTTP2-Settings: AAMAAABkAAQAAP__',
    'x-after: 1',
  ];
  assert.deepEqual(await forwardedHeaders(t, ...lines), [
    ['x-before', '1'],
    ['x-after', '1'],
  ]);
});

test('hop-by-hop response headers stay behind, also those that Connection names', async (t) => {
  const lines = [
    'X-Before: 1',
    'Connection: keep-alive, X-Named',
    'Connection: x-also-named',
    'X-Named: 1',
    'X-Also-Named: 1',
    'Keep-Alive: timeout=60',
    'Proxy-Connection: keep-alive',
    'Proxy-Authenticate: Basic',
    'Trailer: X-Checksum',
    'Upgrade: h2c',
    'TE: trailers',
    'X-After: 1',
  ];
  assert.deepEqual(await returnedHeaders(t, ...lines), [
    ['X-Before', '1'],
    ['X-After', '1'],
  ]);
});

for (const name of ['authorization', 'Cookie', 'host', 'content-length', 'X-Forwarded-For', 'x-request-id', 'Via']) {
  test(`a Connection header cannot take ${name} off a request: refused with 400`, async (t) => {
    const request = head('GET / HTTP/1.1', 'Host: a', `Connection: x-a, ${name}`, 'Authorization: Bearer t');
    const response = await requestOnce(t, port, request);
    assert.equal(response.status, 400);
    assert.equal(response.header('penstock-error'), 'request_malformed');
  });
}

test('underscore spellings of headers that only the gateway may set are dropped, other underscores stay', async (t) => {
  const twins = ['X_Forwarded_For', 'x-forwarded_host', 'X_Request_Id', 'content_length', 'Transfer_Encoding'];
  const lines = [...twins.map((name) => `${name}: 1`), 'x_own: 1'];
  assert.deepEqual(await forwardedHeaders(t, ...lines), [['x_own', '1']]);
});

test('Expect: 100-continue is met before the body is sent, and not forwarded', async (t) => {
  const client = await rawClient(t, port);
  await client.send(head('POST / HTTP/1.1', 'Host: a', 'Expect: 100-continue', 'Content-Length: 2'));
  assert.equal(await client.readThrough('\r\n\r\n'), 'HTTP/1.1 100 Continue\r\n\r\n');
  await client.send('ok');
  const response = await client.readResponse('POST');
  assert.equal(response.status, 200);
  assert.doesNotMatch(response.body.toString('latin1'), /^expect:/im);
});

test('today 100-Continue in capitals is accepted, but the parser does not send the interim response', async (t) => {
  const client = await rawClient(t, port);
  const request = head('POST / HTTP/1.1', 'Host: a', 'Expect: 100-Continue', 'Content-Length: 2');
  const response = await client.exchange(`${request}ok`);
  assert.deepEqual([response.status, response.interim.length], [200, 0]);
});

test('any other expectation is refused with 417 and the connection closed', async (t) => {
  for (const value of ['a-miracle', '100-continue, a-miracle']) {
    const { responses, closed } = await send(t, port, head('GET / HTTP/1.1', 'Host: a', `Expect: ${value}`));
    assert.equal(responses[0].status, 417);
    assert.equal(responses[0].header('penstock-error'), 'expectation_failed');
    assert.ok(closed);
  }
});
