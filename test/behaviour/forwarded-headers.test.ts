/** Who the client is, what the upstream is told about it, and whose word is taken for it. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { join } from 'node:path';
import { after, type TestContext, test } from 'node:test';
import { RawClient, rawClient, requestOnce } from '../support/raw-client.ts';
import { recordingOrigin, type SeenRequest } from '../support/recording-origin.ts';
import { tempDir } from '../support/temp-dir.ts';
import { head, plainGateway } from './plain-gateway.ts';

const lifetime = { after };
const socketPath = join(tempDir(lifetime), 'gateway.sock');
const origin = await recordingOrigin(lifetime);
const gateway = await plainGateway(lifetime, origin.url, {
  moreListeners: [
    { name: 'trusting', address: '127.0.0.1:0', trustedProxies: ['127.0.0.1', '10.0.0.0/8'] },
    { name: 'six', address: '[::1]:0', trustedProxies: ['10.0.0.0/8'] },
    { name: 'local', address: `unix:${socketPath}` },
  ],
});
const untrusting = gateway.portOf('public');
const trusting = gateway.portOf('trusting');

let requests = 0;
/** The next target that no other request of this file has. */
const newTarget = (): string => `/${++requests}`;

/** Sends a GET with these header lines and gives what the origin saw of it. */
async function seenBehind(t: TestContext, port: number, ...lines: readonly string[]): Promise<SeenRequest> {
  const target = newTarget();
  const response = await requestOnce(t, port, head(`GET ${target} HTTP/1.1`, 'Host: Shop.test:8080', ...lines));
  assert.equal(response.status, 200);
  const seen = await origin.request((request) => request.target === target);
  assert.equal(response.header('x-request-id'), seen.header('x-request-id'));
  return seen;
}

/** Values of one header as the origin saw them, one a line. */
const valuesOf = (seen: SeenRequest, name: string): string[] =>
  seen.headers.filter(([key]) => key.toLowerCase() === name).map(([, value]) => value);

const CLAIMS = [
  'X-Forwarded-For: 203.0.113.9',
  'X-Forwarded-For: 203.0.113.10',
  'X-Forwarded-Proto: https',
  'X-Forwarded-Host: claimed.test',
  'X-Request-Id: claimed-id',
];

test('the upstream is told the client, the scheme, the host and an id, each once', async (t) => {
  const seen = await seenBehind(t, untrusting);
  assert.deepEqual(valuesOf(seen, 'host'), ['Shop.test:8080']);
  assert.deepEqual(valuesOf(seen, 'x-forwarded-for'), ['127.0.0.1']);
  assert.deepEqual(valuesOf(seen, 'x-forwarded-proto'), ['http']);
  assert.deepEqual(valuesOf(seen, 'x-forwarded-host'), ['Shop.test:8080']);
  assert.equal(valuesOf(seen, 'x-request-id').length, 1);
  assert.match(valuesOf(seen, 'via').join('|'), /^1\.1 penstock-[0-9a-f]+$/);
});

test('from an untrusted peer every claim is replaced by what the gateway saw', async (t) => {
  const seen = await seenBehind(t, untrusting, ...CLAIMS);
  assert.deepEqual(valuesOf(seen, 'x-forwarded-for'), ['127.0.0.1']);
  assert.deepEqual(valuesOf(seen, 'x-forwarded-proto'), ['http']);
  assert.deepEqual(valuesOf(seen, 'x-forwarded-host'), ['Shop.test:8080']);
  assert.doesNotMatch(valuesOf(seen, 'x-request-id').join(), /claimed/);
});

test('from a trusted peer claims go on, and the chain is continued with the peer', async (t) => {
  const seen = await seenBehind(t, trusting, ...CLAIMS);
  assert.deepEqual(valuesOf(seen, 'x-forwarded-for'), ['203.0.113.9, 203.0.113.10, 127.0.0.1']);
  assert.deepEqual(valuesOf(seen, 'x-forwarded-proto'), ['https']);
  assert.deepEqual(valuesOf(seen, 'x-forwarded-host'), ['claimed.test']);
  assert.deepEqual(valuesOf(seen, 'x-request-id'), ['claimed-id']);
});

test('malformed claims of a trusted peer are replaced', async (t) => {
  const seen = await seenBehind(
    t,
    trusting,
    'X-Forwarded-Proto: gopher',
    'X-Forwarded-Host: a/b@c',
    'X-Request-Id: with blanks inside',
  );
  assert.deepEqual(valuesOf(seen, 'x-forwarded-proto'), ['http']);
  assert.deepEqual(valuesOf(seen, 'x-forwarded-host'), ['Shop.test:8080']);
  assert.doesNotMatch(valuesOf(seen, 'x-request-id').join(), /blanks/);
});

test('Via is continued, also that of an untrusted peer, because it is how loops are found', async (t) => {
  const seen = await seenBehind(t, untrusting, 'Via: 1.0 fred', 'Via: 1.1 example.test');
  assert.match(valuesOf(seen, 'via').join('|'), /^1\.0 fred, 1\.1 example\.test, 1\.1 penstock-[0-9a-f]+$/);
});

test('no two requests share an id', async (t) => {
  const client = await rawClient(t, untrusting);
  const ids = new Set<string>();
  for (let i = 0; i < 50; i++)
    ids.add((await client.exchange(head('GET / HTTP/1.1', 'Host: a'))).header('x-request-id')!);
  assert.equal(ids.size, 50);
});

/** A PROXY header, version 2, for TCP over IPv4: 203.0.113.7:1000 to 192.0.2.1:80. */
const PROXY_V2 = Buffer.concat([
  Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1'),
  Buffer.from([0x21, 0x11, 0, 12, 203, 0, 113, 7, 192, 0, 2, 1, 0x03, 0xe8, 0, 80]),
]);

test('a PROXY header, which the parser takes from anybody, changes nothing about who the client is', async (t) => {
  for (const port of [untrusting, trusting]) {
    const target = newTarget();
    const client = await rawClient(t, port);
    await client.send(Buffer.concat([PROXY_V2, Buffer.from(head(`GET ${target} HTTP/1.1`, 'Host: a'))]));
    assert.equal((await client.readResponse()).status, 200);
    const seen = await origin.request((request) => request.target === target);
    assert.deepEqual(valuesOf(seen, 'x-forwarded-for'), ['127.0.0.1']);
  }
});

test('an IPv6 peer is named in its one spelling', async (t) => {
  const target = newTarget();
  const port = Number(/:(\d+)$/.exec(gateway.urlOf('six'))![1]);
  const client = await rawClient(t, port, { host: '::1' });
  assert.equal((await client.exchange(head(`GET ${target} HTTP/1.1`, 'Host: [::1]:80', ...CLAIMS))).status, 200);
  const seen = await origin.request((request) => request.target === target);
  assert.deepEqual(valuesOf(seen, 'x-forwarded-for'), ['::1']);
  assert.deepEqual(valuesOf(seen, 'x-forwarded-host'), ['[::1]:80']);
});

test('a peer on a unix socket has no address and is believed', async (t) => {
  const [bare, chained] = [newTarget(), newTarget()];
  const socket = connect(socketPath);
  t.after(() => socket.destroy());
  await once(socket, 'connect');
  const client = new RawClient(socket);
  assert.equal((await client.exchange(head(`GET ${bare} HTTP/1.1`, 'Host: a'))).status, 200);
  assert.equal((await client.exchange(head(`GET ${chained} HTTP/1.1`, 'Host: a', ...CLAIMS))).status, 200);
  assert.deepEqual(valuesOf(await origin.request(({ target }) => target === bare), 'x-forwarded-for'), []);
  const seen = await origin.request(({ target }) => target === chained);
  assert.deepEqual(valuesOf(seen, 'x-forwarded-for'), ['203.0.113.9, 203.0.113.10']);
  assert.deepEqual(valuesOf(seen, 'x-request-id'), ['claimed-id']);
});

/** Passes every connection on to a port that is known only later. */
async function relay(
  t: TestContext,
): Promise<{ readonly url: string; to: number; readonly connections: () => number }> {
  const state = { to: 0, connections: 0 };
  const server = createServer((near) => {
    state.connections++;
    const far = connect(state.to, '127.0.0.1');
    near.pipe(far).pipe(near);
    near.on('error', () => far.destroy());
    far.on('error', () => near.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    set to(value: number) {
      state.to = value;
    },
    connections: () => state.connections,
  };
}

test('a request that comes back to the gateway, to whichever acceptor, is refused with 508', async (t) => {
  const loop = await relay(t);
  const looping = await plainGateway(t, loop.url, { acceptors: 2 });
  loop.to = looping.portOf('public');
  for (let i = 0; i < 16; i++) {
    const response = await requestOnce(t, looping.portOf('public'), head('GET /round HTTP/1.1', 'Host: a'));
    assert.equal(response.status, 508);
    assert.equal(response.header('penstock-error'), 'loop_detected');
  }
  // Two acceptors, each with its own pool towards the relay: both were reached, by the kernel's choice.
  assert.ok(loop.connections() >= 2);
});

test('two gateways in a row are no loop', async (t) => {
  const outer = await plainGateway(t, `http://127.0.0.1:${untrusting}`);
  const target = newTarget();
  assert.equal((await requestOnce(t, outer.portOf('public'), head(`GET ${target} HTTP/1.1`, 'Host: a'))).status, 200);
  const seen = await origin.request((request) => request.target === target);
  assert.match(valuesOf(seen, 'via').join('|'), /^1\.1 penstock-[0-9a-f]+, 1\.1 penstock-[0-9a-f]+$/);
});
