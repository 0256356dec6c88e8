/** How responses end, and that what an upstream sends comes back as one response, whole and untouched. */
import assert from 'node:assert/strict';
import { after, type TestContext, test } from 'node:test';
import { type FinalResponse, rawClient, requestOnce } from '../support/raw-client.ts';
import { rawOrigin } from '../support/raw-origin.ts';
import { head, plainGateway } from './plain-gateway.ts';

const lifetime = { after };
/** What the origin answers to the next request, and whether it then ends the connection. */
let script = '';
let finishes = false;
const origin = await rawOrigin(lifetime, async (connection) => {
  for (;;) {
    await connection.readHead();
    await connection.send(script);
    if (finishes) connection.finish();
  }
});
const gateway = await plainGateway(lifetime, origin.url);
const port = gateway.portOf('public');

interface Asked {
  readonly method?: string;
  readonly connection?: string;
  /** The origin closes behind its response. */
  readonly closes?: boolean;
}

/** Lets the origin answer with these bytes. The second request on the connection shows that the first response was complete. */
async function answered(
  t: TestContext,
  bytes: string,
  { method = 'GET', closes = false }: Asked = {},
): Promise<FinalResponse> {
  const client = await rawClient(t, port);
  script = bytes;
  finishes = closes;
  const response = await client.exchange(head(`${method} / HTTP/1.1`, 'Host: a'));
  script = `${head('HTTP/1.1 200 OK', 'Content-Length: 4')}next`;
  finishes = false;
  const next = await client.exchange(head('GET / HTTP/1.1', 'Host: a'));
  assert.equal(next.body.toString('latin1'), 'next');
  client.socket.destroy();
  return response;
}

const CASES: readonly {
  readonly what: string;
  readonly bytes: string;
  readonly asked?: Asked;
  readonly status: number;
  readonly framing: FinalResponse['framing'];
  readonly length: string | undefined;
  readonly body: string;
}[] = [
  {
    what: 'a body of known length',
    bytes: `${head('HTTP/1.1 200 OK', 'Content-Length: 5')}hello`,
    ...{ status: 200, framing: 'length', length: '5', body: 'hello' },
  },
  {
    what: 'an empty body of known length',
    bytes: head('HTTP/1.1 200 OK', 'Content-Length: 0'),
    ...{ status: 200, framing: 'length', length: '0', body: '' },
  },
  {
    what: 'a chunked body, its trailers dropped',
    bytes: `${head('HTTP/1.1 200 OK', 'Transfer-Encoding: chunked', 'Trailer: X-T')}2\r\nhe\r\n3;x=y\r\nllo\r\n0\r\nX-T: 1\r\n\r\n`,
    ...{ status: 200, framing: 'chunked', length: undefined, body: 'hello' },
  },
  {
    what: 'an empty chunked body',
    bytes: `${head('HTTP/1.1 200 OK', 'Transfer-Encoding: chunked')}0\r\n\r\n`,
    ...{ status: 200, framing: 'length', length: '0', body: '' },
  },
  {
    what: 'a body that ends with the connection',
    bytes: `${head('HTTP/1.1 200 OK')}hello`,
    asked: { closes: true },
    ...{ status: 200, framing: 'chunked', length: undefined, body: 'hello' },
  },
  {
    what: 'an empty body that ends with the connection',
    bytes: head('HTTP/1.1 200 OK'),
    asked: { closes: true },
    ...{ status: 200, framing: 'length', length: '0', body: '' },
  },
  {
    what: 'a response of HTTP/1.0',
    bytes: `${head('HTTP/1.0 200 OK')}hello`,
    asked: { closes: true },
    ...{ status: 200, framing: 'chunked', length: undefined, body: 'hello' },
  },
  {
    what: 'HEAD with a length',
    bytes: head('HTTP/1.1 200 OK', 'Content-Length: 5'),
    asked: { method: 'HEAD' },
    ...{ status: 200, framing: 'none', length: '5', body: '' },
  },
  {
    what: 'HEAD with a length of 0',
    bytes: head('HTTP/1.1 200 OK', 'Content-Length: 0'),
    asked: { method: 'HEAD' },
    ...{ status: 200, framing: 'none', length: '0', body: '' },
  },
  {
    what: 'HEAD without a length',
    bytes: head('HTTP/1.1 200 OK'),
    asked: { method: 'HEAD' },
    ...{ status: 200, framing: 'none', length: undefined, body: '' },
  },
  {
    what: 'HEAD of a chunked body',
    bytes: head('HTTP/1.1 200 OK', 'Transfer-Encoding: chunked'),
    asked: { method: 'HEAD' },
    ...{ status: 200, framing: 'none', length: undefined, body: '' },
  },
  {
    what: '204',
    bytes: head('HTTP/1.1 204 No Content'),
    ...{ status: 204, framing: 'none', length: undefined, body: '' },
  },
  {
    what: '204 with a length, which it must not have',
    bytes: head('HTTP/1.1 204 No Content', 'Content-Length: 0'),
    ...{ status: 204, framing: 'none', length: undefined, body: '' },
  },
  {
    what: '304 without a length',
    bytes: head('HTTP/1.1 304 Not Modified'),
    ...{ status: 304, framing: 'none', length: undefined, body: '' },
  },
  {
    what: '304 with the length of what was not sent',
    bytes: head('HTTP/1.1 304 Not Modified', 'Content-Length: 1234'),
    ...{ status: 304, framing: 'none', length: '1234', body: '' },
  },
  {
    what: '304 with a length, to HEAD',
    bytes: head('HTTP/1.1 304 Not Modified', 'Content-Length: 1234'),
    asked: { method: 'HEAD' },
    ...{ status: 304, framing: 'none', length: '1234', body: '' },
  },
  {
    what: '205',
    bytes: head('HTTP/1.1 205 Reset Content', 'Content-Length: 0'),
    ...{ status: 205, framing: 'length', length: '0', body: '' },
  },
  {
    what: 'interim responses, which are swallowed',
    bytes: `${head('HTTP/1.1 100 Continue')}${head('HTTP/1.1 102 X')}${head('HTTP/1.1 103 Early Hints', 'Link: </a>')}${head('HTTP/1.1 200 OK', 'Content-Length: 2')}hi`,
    ...{ status: 200, framing: 'length', length: '2', body: 'hi' },
  },
];

for (const { what, bytes, asked, status, framing, length, body } of CASES) {
  test(`${what}: complete, and the connection serves the next request`, async (t) => {
    const response = await answered(t, bytes, asked);
    assert.deepEqual(
      [response.status, response.framing, response.header('content-length'), response.body.toString('latin1')],
      [status, framing, length, body],
    );
    assert.equal(response.interim.length, 0);
    assert.equal(response.trailers.length, 0);
    assert.equal(response.headers.filter(([name]) => name.toLowerCase() === 'date').length, 1);
    assert.equal(response.header('uwebsockets'), undefined);
  });
}

for (const [line, reason] of [
  ['200 OK', 'OK'],
  ['200 ', ''],
  ['200', ''],
  ['200 All "fine", \xe9\xff\t.', 'All "fine", \xe9\xff\t.'],
  ['299 Odd', 'Odd'],
  ['418 I am a teapot', 'I am a teapot'],
  ['599 Last', 'Last'],
] as const) {
  test(`a status line of ${JSON.stringify(line)} goes on as it is`, async (t) => {
    const response = await answered(t, head(`HTTP/1.1 ${line}`, 'Content-Length: 0'));
    assert.deepEqual([response.status, response.reason], [Number(line.slice(0, 3)), reason]);
  });
}

for (const [what, bytes] of [
  ['a bare CR in a value', head('HTTP/1.1 200 OK', 'X: a\rSet-Cookie: evil=1', 'Content-Length: 0')],
  ['a bare LF in a value', head('HTTP/1.1 200 OK', 'X: a\nSet-Cookie: evil=1', 'Content-Length: 0')],
  ['a bare CR in the reason', head('HTTP/1.1 200 OK\rSet-Cookie: evil=1', 'Content-Length: 0')],
  ['a bare LF in the reason', head('HTTP/1.1 200 OK\nSet-Cookie: evil=1', 'Content-Length: 0')],
  ['a folded header', head('HTTP/1.1 200 OK', 'X: a', ' Set-Cookie: evil=1', 'Content-Length: 0')],
  ['a NUL in a value', head('HTTP/1.1 200 OK', 'X: a\0b', 'Content-Length: 0')],
  ['a space before the colon', head('HTTP/1.1 200 OK', 'X : a', 'Content-Length: 0')],
  ['a status of 600', head('HTTP/1.1 600 X', 'Content-Length: 0')],
  ['an unasked 101', head('HTTP/1.1 101 Switching Protocols', 'Upgrade: x')],
] as const) {
  test(`${what} in a response is never passed on: 502`, async (t) => {
    script = bytes;
    finishes = false;
    const response = await requestOnce(t, port, head('GET / HTTP/1.1', 'Host: a'));
    assert.deepEqual([response.status, response.header('penstock-error')], [502, 'upstream_response_malformed']);
    assert.equal(response.header('set-cookie'), undefined);
  });
}

test('bytes behind a complete response reach no client', async (t) => {
  const extra = head('HTTP/1.1 200 OK', 'Content-Length: 4', 'Set-Cookie: evil=1');
  const response = await answered(t, `${head('HTTP/1.1 200 OK', 'Content-Length: 5')}hello${extra}evil`);
  assert.equal(response.body.toString('latin1'), 'hello');
});

const LARGE = Array.from({ length: 60 }, (_, index) => `X-${index}: ${String(index).repeat(500).slice(0, 1000)}`);

for (const [what, bytes, body] of [
  ['a known length', `${head('HTTP/1.1 200 OK', ...LARGE, 'Content-Length: 5')}hello`, 'hello'],
  ['chunks', `${head('HTTP/1.1 200 OK', ...LARGE, 'Transfer-Encoding: chunked')}5\r\nhello\r\n0\r\n\r\n`, 'hello'],
  ['no body', head('HTTP/1.1 204 No Content', ...LARGE), ''],
] as const) {
  test(`a response head of nearly 64 KiB with ${what} arrives whole`, async (t) => {
    const response = await answered(t, bytes);
    assert.deepEqual(
      response.headers.filter(([name]) => name.startsWith('X-')).map(([name, value]) => `${name}: ${value}`),
      LARGE,
    );
    assert.equal(response.body.toString('latin1'), body);
  });
}

test('a response head beyond 64 KiB is 502', async (t) => {
  script = head('HTTP/1.1 200 OK', ...LARGE, `X-Last: ${'x'.repeat(16_384)}`, 'Content-Length: 0');
  finishes = false;
  const response = await requestOnce(t, port, head('GET / HTTP/1.1', 'Host: a'));
  assert.deepEqual([response.status, response.header('penstock-error')], [502, 'upstream_response_too_large']);
});

const LONG = 'x'.repeat(40_000);
for (const [what, bytes, closesItself] of [
  ['a known length', `${head('HTTP/1.1 200 OK', 'Content-Length: 5')}hello`, true],
  ['an empty body', head('HTTP/1.1 200 OK', 'Content-Length: 0'), true],
  ['304 with a length', head('HTTP/1.1 304 Not Modified', 'Content-Length: 5'), true],
  // Here uWS cannot close behind the response; the client, which is told, does.
  ['a long body', `${head('HTTP/1.1 200 OK', `Content-Length: ${LONG.length}`)}${LONG}`, false],
  ['chunks', `${head('HTTP/1.1 200 OK', 'Transfer-Encoding: chunked')}5\r\nhello\r\n0\r\n\r\n`, false],
  ['204', head('HTTP/1.1 204 No Content'), false],
] as const) {
  test(`a client that asks for close gets it behind ${what}`, async (t) => {
    script = bytes;
    finishes = false;
    for (const value of ['close', 'Close', 'keep-alive, close', 'TE, Close']) {
      const client = await rawClient(t, port);
      const response = await client.exchange(head('GET / HTTP/1.1', 'Host: a', `Connection: ${value}`));
      const isAlone = value.toLowerCase() === 'close';
      if (isAlone || closesItself) assert.equal(await client.ended(), 'closed');
      if (!isAlone) assert.equal(response.header('connection'), 'close');
      assert.ok(response.headers.filter(([name]) => name.toLowerCase() === 'connection').length <= 1);
    }
  });
}

test('an upstream that closes does not close the client connection, nor does one that announces it', async (t) => {
  const response = await answered(t, `${head('HTTP/1.1 200 OK', 'Connection: close', 'Content-Length: 5')}hello`, {
    closes: true,
  });
  assert.equal(response.header('connection'), undefined);
});

test('an upstream that dies in the middle of a body ends the client connection short of the end', async (t) => {
  for (const bytes of [
    `${head('HTTP/1.1 200 OK', 'Content-Length: 500')}hello`,
    `${head('HTTP/1.1 200 OK', 'Transfer-Encoding: chunked')}5\r\nhello\r\n`,
  ]) {
    script = bytes;
    finishes = true;
    const client = await rawClient(t, port);
    await client.send(head('GET / HTTP/1.1', 'Host: a'));
    const { bytes: seen } = await client.readToEnd();
    assert.doesNotMatch(seen.toString('latin1'), /\r\n0\r\n\r\n$/);
    assert.match(seen.toString('latin1'), /Content-Length: 500|Transfer-Encoding: chunked/);
  }
});
