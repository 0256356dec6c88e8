import assert from 'node:assert/strict';
import { once } from 'node:events';
import net from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { NONE_TRIED } from '../../../../src/acceptor/upstream/upstream-group.ts';
import { Exchange, get, startGroup } from './exchange.ts';
import { compiledUpstream, GET, HELLO, onRequestHead, ScriptedOrigin, startCanned } from './scripted-origin.ts';

/** An origin that answers when it is told to, oldest request first. */
async function startPatient(
  t: TestContext,
): Promise<{ origin: ScriptedOrigin; answer: () => void; heads: () => Promise<void> }> {
  const waiting: net.Socket[] = [];
  let onHead: () => void = () => {};
  const origin = await ScriptedOrigin.start(t, (socket) =>
    onRequestHead(socket, () => {
      waiting.push(socket);
      onHead();
    }),
  );
  const heads = (): Promise<void> =>
    new Promise((resolve) => {
      onHead = resolve;
    });
  return { origin, answer: () => waiting.shift()!.write(HELLO), heads };
}

/** A port of the loopback where nobody listens. */
async function closedPort(): Promise<number> {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as net.AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

describe('upstream group: limits', () => {
  it('never has more connections to an endpoint than it may, and serves everyone in order', async (t) => {
    const origin = await ScriptedOrigin.start(t, (socket) =>
      onRequestHead(socket, () => setImmediate(() => socket.write(HELLO))),
    );
    const group = startGroup(t, compiledUpstream([origin.port], { perEndpoint: 3, queue: 100 }));
    const order: number[] = [];
    const exchanges = Array.from({ length: 50 }, (_, i) => {
      const exchange = new Exchange((connection, recorder) => {
        order.push(i);
        connection.send(GET, false, false, recorder);
      });
      return exchange.start(group);
    });
    assert.equal(group.waiting, 50);
    for (const exchange of exchanges) assert.equal((await exchange.settled()).body, 'hello');
    assert.equal(origin.sockets.length, 3);
    assert.deepEqual(
      order,
      Array.from({ length: 50 }, (_, i) => i),
    );
  });

  it('refuses when the queue is full, but not from inside acquire', async (t) => {
    const { origin, answer, heads } = await startPatient(t);
    const group = startGroup(t, compiledUpstream([origin.port], { perEndpoint: 1, queue: 1 }));
    const arrived = heads();
    const first = new Exchange().start(group);
    const second = new Exchange().start(group);
    const third = new Exchange().start(group);
    const fourth = new Exchange().start(group);
    fourth.pending!.cancel();
    assert.equal(third.refusal, null);
    await third.leased;
    assert.equal(third.refusal, 'upstream_queue_full');
    assert.equal(fourth.refusal, null, 'cancelled before it was told');
    await arrived;
    const next = heads();
    answer();
    await first.settled();
    await next;
    answer();
    assert.equal((await second.settled()).body, 'hello');
  });

  it('lets a waiting exchange go at once, and serves the next', async (t) => {
    const { origin, answer, heads } = await startPatient(t);
    const group = startGroup(t, compiledUpstream([origin.port], { perEndpoint: 1, queue: 2 }));
    const arrived = heads();
    new Exchange().start(group);
    const cancelled = new Exchange().start(group);
    const third = new Exchange().start(group);
    cancelled.pending!.cancel();
    cancelled.pending!.cancel();
    assert.equal(group.waiting, 2);
    await arrived;
    const next = heads();
    answer();
    await next;
    answer();
    assert.equal((await third.settled()).body, 'hello');
    assert.equal(cancelled.connection, null);
    assert.equal(cancelled.refusal, null);
  });

  it('keeps a connection that nobody waits for any more', async (t) => {
    const origin = await startCanned(t, HELLO);
    const group = startGroup(t, compiledUpstream([origin.port], { perEndpoint: 1 }));
    new Exchange().start(group).pending!.cancel();
    assert.equal((await get(group)).recorder.body, 'hello');
    assert.equal(origin.sockets.length, 1);
  });

  it('serves the queue with a new connection when a busy one is lost', async (t) => {
    const origin = await ScriptedOrigin.start(t, (socket, index) =>
      onRequestHead(socket, () => (index === 0 ? socket.destroy() : socket.write(HELLO))),
    );
    const group = startGroup(t, compiledUpstream([origin.port], { perEndpoint: 1, queue: 1 }));
    const first = new Exchange().start(group);
    const second = new Exchange().start(group);
    assert.equal((await first.settled()).failure, 'upstream_closed');
    assert.equal((await second.settled()).body, 'hello');
  });

  it('goes to another endpoint rather than wait for a full one', async (t) => {
    const busy = await startPatient(t);
    const free = await startCanned(t, HELLO);
    const group = startGroup(t, compiledUpstream([busy.origin.port, free.port], { perEndpoint: 1, queue: 0 }));
    new Exchange().start(group);
    for (let i = 0; i < 4; i++) assert.equal((await get(group)).connection!.endpointIndex, 1);
  });
});

describe('upstream group: time', () => {
  it('gives up on the queue, on a connect attempt and on idle connections', async (t) => {
    let now = 1_000;
    const { origin, answer, heads } = await startPatient(t);
    const limits = { perEndpoint: 1, queue: 1, queueTimeout: 500, idleTimeout: 2_000 };
    const group = startGroup(t, compiledUpstream([origin.port], limits), () => now);
    const arrived = heads();
    const first = new Exchange().start(group);
    await arrived;
    const queued = new Exchange().start(group);
    now += 499;
    group.sweep();
    assert.equal(queued.refusal, null);
    now += 1;
    group.sweep();
    assert.equal(queued.refusal, 'upstream_queue_timeout');
    answer();
    await first.settled();
    now += 1_999;
    group.sweep();
    assert.equal(group.openConnections, 1);
    now += 1;
    group.sweep();
    assert.equal(group.openConnections, 0);
  });

  it('reports a connection that is not made in time', async (t) => {
    // A TLS handshake that nobody answers: the time limit is for the whole way to a usable connection.
    const origin = await ScriptedOrigin.start(t, () => {});
    let now = 0;
    const tls = { serverName: null, verify: true, authorities: null, identity: null };
    const group = startGroup(t, compiledUpstream([origin.port], { connectTimeout: 1_000, tls }), () => now);
    const exchange = new Exchange().start(group);
    now = 999;
    group.sweep();
    assert.equal(exchange.refusal, null);
    now = 1_000;
    group.sweep();
    assert.equal(exchange.refusal, 'upstream_connect_timeout');
    assert.equal(group.waiting, 0);
  });

  it('goes before the upstream does, which said how long it stays', async (t) => {
    let now = 0;
    const origin = await startCanned(t, 'HTTP/1.1 200 OK\r\nKeep-Alive: timeout=5\r\nContent-Length: 0\r\n\r\n');
    const group = startGroup(t, compiledUpstream([origin.port]), () => now);
    await get(group);
    now = 3_999;
    group.sweep();
    assert.equal(group.openConnections, 1);
    now = 4_000;
    group.sweep();
    assert.equal(group.openConnections, 0);
  });
});

describe('upstream group: failing endpoints', () => {
  it('reports a refused connection to each who waits for one', async (t) => {
    const group = startGroup(t, compiledUpstream([await closedPort()], { perEndpoint: 2, queue: 10 }));
    const exchanges = Array.from({ length: 5 }, () => new Exchange().start(group));
    for (const exchange of exchanges) {
      await exchange.leased;
      assert.equal(exchange.refusal, 'upstream_connect_failed');
    }
    assert.equal(group.waiting, 0);
    assert.equal(group.openConnections, 0);
  });

  it('reports a host that does not exist', async (t) => {
    const group = startGroup(t, compiledUpstream([1], { host: 'host.invalid' }));
    assert.equal((await get(group)).refusal, 'upstream_connect_failed');
  });

  it('avoids endpoints that were tried, unless all were', async (t) => {
    const origins = [await startCanned(t, HELLO), await startCanned(t, HELLO)];
    const group = startGroup(t, compiledUpstream(origins.map((origin) => origin.port)));
    for (let i = 0; i < 4; i++) {
      const exchange = new Exchange().start(group, new Set([0]));
      await exchange.settled();
      assert.equal(exchange.connection!.endpointIndex, 1);
    }
    const exchange = new Exchange().start(group, new Set([0, 1]));
    assert.equal((await exchange.settled()).body, 'hello');
  });

  it('makes a fresh connection when asked, also when all are taken by idle ones', async (t) => {
    const origin = await startCanned(t, HELLO);
    const group = startGroup(t, compiledUpstream([origin.port], { perEndpoint: 1 }));
    await get(group);
    const exchange = new Exchange().start(group, NONE_TRIED, true);
    assert.equal((await exchange.settled()).body, 'hello');
    assert.equal(exchange.wasReused, false);
    assert.equal(group.openConnections, 1);
    assert.equal(origin.sockets.length, 2);
  });

  it('tells the keep-alive race from other failures', async (t) => {
    const origin = await ScriptedOrigin.start(t, (socket) =>
      onRequestHead(socket, (_, count) => (count === 1 ? socket.write(HELLO) : socket.destroy())),
    );
    const group = startGroup(t, compiledUpstream([origin.port]));
    await get(group);
    const { recorder, connection, wasReused } = await get(group);
    assert.equal(recorder.failure, 'upstream_closed');
    assert.equal(wasReused, true);
    assert.equal(connection!.reused, true);
    assert.equal(connection!.responseBegun, false);
  });
});

describe('upstream group: closing', () => {
  it('lets go of idle connections now and of busy ones when they are free', async (t) => {
    const { origin, answer, heads } = await startPatient(t);
    const group = startGroup(t, compiledUpstream([origin.port]));
    let arrived = heads();
    const idle = new Exchange().start(group);
    await arrived;
    arrived = heads();
    const busy = new Exchange().start(group);
    await arrived;
    answer();
    await idle.settled();
    assert.equal(group.openConnections, 2);
    group.close();
    assert.equal(group.openConnections, 1);
    answer();
    assert.equal((await busy.settled()).body, 'hello');
    assert.equal(group.openConnections, 0);
  });
});
