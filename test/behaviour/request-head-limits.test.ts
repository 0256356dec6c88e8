/** How large a request head may be: exact to the byte, each listener by its own limit. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { rawClient, requestOnce } from '../support/raw-client.ts';
import { recordingOrigin } from '../support/recording-origin.ts';
import { head, plainGateway, send } from './plain-gateway.ts';

const lifetime = { after };
const origin = await recordingOrigin(lifetime);
const gateway = await plainGateway(lifetime, origin.url, {
  moreListeners: [
    { name: 'small', address: '127.0.0.1:0', limits: { headerBytes: '2KiB', headerCount: 10 } },
    { name: 'large', address: '127.0.0.1:0', limits: { headerBytes: '64KiB' } },
    { name: 'impatient', address: '127.0.0.1:0', limits: { headerTimeout: '1s' } },
  ],
});
const port = gateway.portOf('public');
const small = gateway.portOf('small');
const large = gateway.portOf('large');

const KIB = 1024;
/** Same largest limit for all, plus what the acceptor adds so that the gateway, not uWS, answers. */
const PARSER_LIMIT = (64 + 16) * KIB;

/** A request whose head is exactly so many bytes, with nothing to estimate. */
function headOf(bytes: number, target = '/'): string {
  const frame = head(`GET ${target} HTTP/1.1`, 'Host: a', 'X-Filler: ');
  return head(`GET ${target} HTTP/1.1`, 'Host: a', `X-Filler: ${'f'.repeat(bytes - frame.length)}`);
}

for (const [name, listenerPort, limit] of [
  ['16 KiB by default', port, 16 * KIB],
  ['2 KiB where configured', small, 2 * KIB],
  ['64 KiB where configured', large, 64 * KIB],
] as const) {
  test(`a request head is accepted up to the limit (${name}) and refused with 431 from the next byte on`, async (t) => {
    const target = `/limit-${limit}`;
    assert.equal((await requestOnce(t, listenerPort, headOf(limit, target))).status, 200);

    const { responses, closed } = await send(t, listenerPort, headOf(limit + 1, `${target}-beyond`));
    assert.equal(responses[0].status, 431);
    assert.equal(responses[0].header('penstock-error'), 'request_header_too_large');
    assert.ok(closed);
    assert.equal(origin.seen.filter((request) => request.target === `${target}-beyond`).length, 0);
  });
}

test('the largest limit that can be configured works', async (t) => {
  const roomy = await plainGateway(t, origin.url, { listener: { limits: { headerBytes: '1MiB' } } });
  // No more, because the origin takes 256 KiB.
  assert.equal((await requestOnce(t, roomy.portOf('public'), headOf(200 * KIB, '/roomy'))).status, 200);
});

test('a head that arrives byte by byte counts like one that arrives at once', async (t) => {
  const client = await rawClient(t, small);
  await client.trickle(headOf(KIB));
  assert.equal((await client.readResponse()).status, 200);
});

test('a head far beyond every listener is refused with 431 by the parser itself, which names no code', async (t) => {
  const { responses, closed } = await send(t, small, headOf(PARSER_LIMIT + 1));
  assert.equal(responses[0].status, 431);
  assert.equal(responses[0].header('penstock-error'), undefined);
  assert.ok(closed);
});

test('a head that never ends is refused as soon as it is too large', async (t) => {
  const client = await rawClient(t, port);
  await client.send(`GET / HTTP/1.1\r\nHost: a\r\nX-Filler: ${'f'.repeat(2 * PARSER_LIMIT)}`);
  assert.match((await client.readToEnd()).bytes.toString('latin1'), /^HTTP\/1\.1 431 /);
});

test('as many headers as the listener counts are accepted, one more is refused with 431', async (t) => {
  const withHeaders = (count: number): string =>
    head('GET / HTTP/1.1', 'Host: a', ...Array.from({ length: count - 1 }, (_, index) => `X-${index}: 1`));
  assert.equal((await requestOnce(t, small, withHeaders(10))).status, 200);
  const refused = await requestOnce(t, small, withHeaders(11));
  assert.equal(refused.status, 431);
  assert.equal(refused.header('penstock-error'), 'request_header_too_large');
  // The parser's own limit, below the 100 that can be configured.
  assert.equal((await requestOnce(t, port, withHeaders(98))).status, 200);
  assert.equal((await requestOnce(t, port, withHeaders(99))).status, 431);
});

test('a refused head with a body behind it closes the connection: the body is no request', async (t) => {
  const smuggled = head('GET /smuggled HTTP/1.1', 'Host: a');
  const filler = `X-Filler: ${'f'.repeat(2 * KIB)}`;
  for (const framing of [`Content-Length: ${smuggled.length}`, 'Transfer-Encoding: chunked']) {
    const chunk = `${smuggled.length.toString(16)}\r\n${smuggled}\r\n0\r\n\r\n`;
    const body = framing.startsWith('C') ? smuggled : chunk;
    const { statuses, closed } = await send(t, small, head('POST / HTTP/1.1', 'Host: a', filler, framing) + body);
    assert.deepEqual([statuses, closed], [[431], true]);
  }
  assert.equal(origin.seen.filter(({ target }) => target === '/smuggled').length, 0);
});

test('a long query counts, and arrives whole', async (t) => {
  const query = 'q='.padEnd(15 * KIB, 'x');
  assert.equal((await requestOnce(t, port, head(`GET /query?${query} HTTP/1.1`, 'Host: a'))).status, 200);
  assert.equal((await origin.request(({ path }) => path === '/query')).query, query);
  assert.equal((await requestOnce(t, port, head(`GET /?${query}${'x'.repeat(KIB)} HTTP/1.1`, 'Host: a'))).status, 431);
});

test('a head that is not complete within the header timeout ends the connection without an answer', async (t) => {
  const endings = [
    'GET / HTTP/1.1\r\nHost: a\r\nX-Slow: ',
    // Neither is refused outright: the parser waits for more.
    `\r\n${head('GET / HTTP/1.1', 'Host: a')}`,
    head('GET / HTTP/1.1', 'Host: a', 'X: a\rb'),
  ].map(async (bytes) => {
    const client = await rawClient(t, gateway.portOf('impatient'));
    await client.send(bytes);
    return (await client.readToEnd(15_000)).bytes.length;
  });
  assert.deepEqual(await Promise.all(endings), [0, 0, 0]);
});
