/** When every connection to an upstream is busy: a bounded queue, in order, and a clear answer to who cannot wait. */
import assert from 'node:assert/strict';
import { after, it } from 'node:test';
import { nothingInFlight } from '../support/acceptor.ts';
import { filler } from '../support/byte-source.ts';
import { startGateway } from '../support/gateway.ts';
import { pathOrigin } from '../support/path-origin.ts';
import { proxyConfig } from '../support/proxy-config.ts';
import { type RawClient, rawClient } from '../support/raw-client.ts';

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
const origin = await pathOrigin({ after });
const busy = (settings: object) => ({ endpoints: [origin.url], connections: { perEndpoint: 1, ...settings } });
const gateway = await startGateway(
  { after },
  proxyConfig({
    limits: { bodyTimeout: '1s' },
    upstreams: {
      ordered: busy({ queue: 3, queueTimeout: '20s' }),
      full: busy({ queue: 1, queueTimeout: '20s' }),
      impatient: busy({ queue: 3, queueTimeout: '200ms' }),
    },
    routes: { '/ordered/*': 'ordered', '/full/*': 'full', '/impatient/*': 'impatient' },
  }),
);
const port = gateway.portOf('public');
const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: h\r\n\r\n`;

/** Answers requests for a path when told to. */
function heldBack(path: string): () => void {
  let release = (): void => {};
  const released = new Promise<void>((resolve) => (release = resolve));
  origin.on(path, async (connection) => {
    await released;
    await connection.send(OK);
  });
  return release;
}

/** Sends a request and waits until the acceptor has it, which shows in nothing else than the time of a round trip. */
async function sendAndWait(client: RawClient, path: string): Promise<void> {
  await client.send(get(path));
  const probe = await rawClient({ after }, port);
  await probe.exchange(get('/nowhere'));
}

it('waiters are served in the order they came', async (t) => {
  const release = heldBack('/ordered/first');
  const order: number[] = [];
  const clients = await Promise.all([0, 1, 2, 3].map(() => rawClient(t, port)));
  await clients[0].send(get('/ordered/first'));
  await origin.arrived('/ordered/first');
  for (const index of [1, 2, 3]) {
    origin.on(`/ordered/${index}`, async (connection) => {
      order.push(index);
      await connection.send(OK);
    });
    await sendAndWait(clients[index], `/ordered/${index}`);
  }
  assert.deepEqual(order, []);
  release();
  const responses = await Promise.all(clients.map((client) => client.readResponse()));
  assert.deepEqual(
    responses.map(({ status }) => status),
    [200, 200, 200, 200],
  );
  assert.deepEqual(order, [1, 2, 3]);
});

it('who finds the queue full gets 503 with Retry-After at once; who waits is served', async (t) => {
  const release = heldBack('/full/first');
  origin.send('/full/second', OK);
  const [first, second, third] = await Promise.all([0, 1, 2].map(() => rawClient(t, port)));
  await first.send(get('/full/first'));
  await origin.arrived('/full/first');
  await sendAndWait(second, '/full/second');
  const refused = await third.exchange(get('/full/third'));
  assert.deepEqual([refused.status, refused.header('penstock-error')], [503, 'upstream_queue_full']);
  assert.match(refused.header('retry-after')!, /^[0-9]+$/);
  release();
  assert.equal((await second.readResponse()).status, 200);
});

it('who waits too long gets 503 with Retry-After, and the origin never sees the request', async (t) => {
  const release = heldBack('/impatient/first');
  const [first, second] = await Promise.all([0, 1].map(() => rawClient(t, port)));
  await first.send(get('/impatient/first'));
  await origin.arrived('/impatient/first');
  const refused = await second.exchange(get('/impatient/second'));
  assert.deepEqual([refused.status, refused.header('penstock-error')], [503, 'upstream_queue_timeout']);
  assert.match(refused.header('retry-after')!, /^[0-9]+$/);
  release();
  assert.equal((await first.readResponse()).status, 200);
  assert.deepEqual(origin.headsFor('/impatient/second'), []);
});

it('a waiter whose client leaves gives its place up', async (t) => {
  const release = heldBack('/full/held');
  origin.send('/full/stays', OK);
  const [first, leaves, stays] = await Promise.all([0, 1, 2].map(() => rawClient(t, port)));
  await first.send(get('/full/held'));
  await origin.arrived('/full/held');
  await sendAndWait(leaves, '/full/leaves');
  await leaves.reset();
  await sendAndWait(stays, '/full/stays');
  release();
  assert.equal((await stays.readResponse()).status, 200);
  assert.deepEqual(origin.headsFor('/full/leaves'), []);
});

it('the time that a request with a body waits is not held against its client', async (t) => {
  const release = heldBack('/ordered/long');
  origin.on('/ordered/upload', async (connection) => {
    await connection.readBytes(4);
    await connection.send(OK);
  });
  const [first, second] = await Promise.all([0, 1].map(() => rawClient(t, port)));
  await first.send(get('/ordered/long'));
  await origin.arrived('/ordered/long');
  await second.send('PUT /ordered/upload HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nbody');
  // Longer than the body timeout of this listener, which has nothing to do with it.
  setTimeout(release, 1_300);
  assert.equal((await second.readResponse('PUT')).status, 200);
});

it('a body that grew large while it waited arrives byte for byte, and so does the next one', async (t) => {
  for (let run = 0; run < 3; run++) {
    const pieces = [1_000, 40_000, 100_000 * (run + 1)].map((bytes, index) => filler(`waits ${index}`, bytes));
    const body = Buffer.concat(pieces);
    let received: Buffer = Buffer.alloc(0);
    origin.on('/ordered/grows', async (connection) => {
      received = await connection.readBytes(body.length);
      await connection.send(OK);
    });
    const release = heldBack('/ordered/holds');
    const [first, second] = await Promise.all([0, 1].map(() => rawClient(t, port)));
    const holding = origin.arrived('/ordered/holds', run + 1);
    await first.send(get('/ordered/holds'));
    await holding;
    await second.send(`PUT /ordered/grows HTTP/1.1\r\nHost: h\r\nContent-Length: ${body.length}\r\n\r\n`);
    for (const piece of pieces) {
      await second.send(piece);
      // A round trip on another connection: the acceptor has read the piece by now.
      await (await rawClient(t, port)).exchange(get('/nowhere'));
    }
    release();
    assert.equal((await second.readResponse('PUT')).status, 200);
    assert.ok(received.equals(body));
  }
});

it('leaves no exchange behind', () => nothingInFlight(gateway));
