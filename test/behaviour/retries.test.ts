/** What is tried again, where, and what never is. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { after, describe, it } from 'node:test';
import { nothingInFlight } from '../support/acceptor.ts';
import { digest, filler } from '../support/byte-source.ts';
import { startGateway } from '../support/gateway.ts';
import { pathOrigin } from '../support/path-origin.ts';
import { proxyConfig } from '../support/proxy-config.ts';
import { rawClient, requestOnce } from '../support/raw-client.ts';
import { recordingOrigin } from '../support/recording-origin.ts';

/** A port that nobody listens on: bound once, so that the system does not hand it out to anyone else soon. */
async function closedPort(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return `http://127.0.0.1:${port}`;
}

const racy = await pathOrigin({ after });
const healthy = await recordingOrigin({ after });
const weighted = [await recordingOrigin({ after }), await recordingOrigin({ after }), await recordingOrigin({ after })];
const down = await closedPort();
const gateway = await startGateway(
  { after },
  proxyConfig({
    upstreams: {
      racy: { endpoints: [racy.url], connections: { perEndpoint: 1 } },
      halfDown: [down, healthy.url],
      allDown: [down, await closedPort(), await closedPort()],
      weighted: { endpoints: weighted.map(({ url }, index) => ({ url, weight: index + 1 })) },
    },
    routes: {
      '/racy/*': { upstream: 'racy', retries: 3 },
      '/racy-any/*': { upstream: 'racy', retryNonIdempotent: true },
      '/racy-never/*': { upstream: 'racy', retries: 0 },
      '/half-down': 'halfDown',
      '/all-down': { upstream: 'allDown', retries: 2 },
      '/weighted': 'weighted',
    },
  }),
);
const port = gateway.portOf('public');
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

/** The first request on a connection is answered; the second finds it closed, without a byte of an answer. */
function closesWhenReused(path: string): void {
  const used = new Set<unknown>();
  racy.send('/racy/warm-up', OK);
  racy.on(path, async (connection) => {
    if (connection.number === warmConnection && !used.has(connection)) {
      used.add(connection);
      connection.finish();
      return;
    }
    await connection.send(OK);
  });
}
let warmConnection = 0;

/** Makes sure that the pool holds exactly one connection, which has carried a request. */
async function warmUp(lifetime: Parameters<typeof requestOnce>[0]): Promise<void> {
  await requestOnce(lifetime, port, 'GET /racy/warm-up HTTP/1.1\r\nHost: h\r\n\r\n');
  warmConnection = racy.connections.length;
}

describe('when an idle connection turns out to be closed', () => {
  const cases: readonly [what: string, path: string, method: string, attempts: number][] = [
    ['a GET is tried again', '/racy/get', 'GET', 2],
    ['a PUT with its body is tried again', '/racy/put', 'PUT', 2],
    ['a POST is not', '/racy/post', 'POST', 1],
    ['a POST is where the route says so', '/racy-any/post', 'POST', 2],
    ['nothing is where the route has no retries', '/racy-never/get', 'GET', 1],
  ];
  for (const [what, path, method, attempts] of cases) {
    it(what, async (t) => {
      closesWhenReused(path);
      await warmUp(t);
      const body = method === 'GET' ? '\r\n' : 'Content-Length: 4\r\n\r\nbody';
      const response = await requestOnce(t, port, `${method} ${path} HTTP/1.1\r\nHost: h\r\n${body}`);
      assert.equal(response.status, attempts === 2 ? 200 : 502);
      assert.equal(racy.headsFor(path).length, attempts);
      if (attempts === 1) assert.equal(response.header('penstock-error'), 'upstream_closed');
    });
  }

  it('a request is not tried for ever', async (t) => {
    racy.send('/racy/warm-up', OK);
    racy.on('/racy/never-answers', (connection) => connection.finish());
    await warmUp(t);
    const response = await requestOnce(t, port, 'GET /racy/never-answers HTTP/1.1\r\nHost: h\r\n\r\n');
    assert.equal(response.status, 502);
    // The one on the old connection, and one on a new connection, where a close is no race any more.
    assert.equal(racy.headsFor('/racy/never-answers').length, 2);
  });

  it('an idle connection that the origin closed before is not used at all', async (t) => {
    racy.on('/racy/closes', async (connection) => {
      await connection.send(OK);
      connection.finish();
    });
    racy.send('/racy/post-after', OK);
    const client = await rawClient(t, port);
    await client.exchange('GET /racy/closes HTTP/1.1\r\nHost: h\r\n\r\n');
    const { socket } = racy.connections.at(-1)!;
    if (!socket.closed) await once(socket, 'close');
    const post = await client.exchange('POST /racy/post-after HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n');
    assert.equal(post.status, 200);
  });
});

describe('when an endpoint is down', () => {
  for (const [what, bytes] of [
    ['a small body', 1000],
    ['a body larger than what is kept for retries', 300_000],
  ] as const) {
    it(`its requests go to another one, byte for byte: ${what}`, async (t) => {
      const body = filler('replay', bytes);
      const before = healthy.seen.length;
      for (let i = 0; i < 6; i++) {
        const head = `POST /half-down HTTP/1.1\r\nHost: h\r\nContent-Length: ${bytes}\r\n\r\n`;
        const response = await requestOnce(t, port, head + body.toString('latin1'));
        assert.equal(response.status, 200);
      }
      const seen = healthy.seen.slice(before);
      assert.deepEqual(new Set(seen.map(({ bodyDigest }) => bodyDigest)), new Set([digest(body)]));
      assert.equal(seen.length, 6);
    });
  }

  it('and every other one too, the client gets a 502 problem', async (t) => {
    const response = await requestOnce(t, port, 'GET /all-down HTTP/1.1\r\nHost: h\r\n\r\n');
    assert.equal(response.status, 502);
    assert.equal(response.header('penstock-error'), 'upstream_connect_failed');
  });
});

it('requests are shared out by weight', async (t) => {
  const client = await rawClient(t, port);
  for (let i = 0; i < 60; i++) await client.exchange('GET /weighted HTTP/1.1\r\nHost: h\r\n\r\n');
  assert.deepEqual(
    weighted.map(({ seen }) => seen.length),
    [10, 20, 30],
  );
});

it('connections to the upstream are kept and used again', async (t) => {
  const before = healthy.connectionCount;
  for (let i = 0; i < 20; i++) await requestOnce(t, port, 'GET /half-down HTTP/1.1\r\nHost: h\r\n\r\n');
  assert.ok(healthy.connectionCount - before <= 1);
});

it('leaves no exchange behind', () => nothingInFlight(gateway));
