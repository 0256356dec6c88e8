import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import { readStatus, until } from '../support/admin.ts';
import { fileLifetime } from '../support/file-lifetime.ts';
import { type Gateway, spawnGateway, startGateway } from '../support/gateway.ts';
import type { Lifetime } from '../support/lifetime.ts';
import { ended, isAlive } from '../support/processes.ts';
import { rawClient } from '../support/raw-client.ts';
import { type RecordingOrigin, recordingOrigin } from '../support/recording-origin.ts';
import { steadyLoad } from '../support/steady-load.ts';
import { tempDir } from '../support/temp-dir.ts';

const file = fileLifetime();
const DRAIN_MS = 2_000;
/** Beyond the drain limit: for the last log lines and the end of the processes, on a busy machine. */
const GRACE_MS = 3_000;
let origin: RecordingOrigin;

before(async () => {
  origin = await recordingOrigin(file);
  origin.answer('endless', { status: 200, body: { seed: 'endless', bytes: 1024 ** 3 } });
});

/** An answer that the test gives when it wants to. */
function held(name: string): Promise<ServerResponse> {
  return new Promise((resolve) => origin.answer(name, (response) => resolve(response)));
}

function configOf(runtime: object, address: string) {
  return {
    version: 1,
    listeners: [{ name: 'public', address }],
    admin: { address: '127.0.0.1:0' },
    runtime: { acceptors: 2, drainTimeout: `${DRAIN_MS}ms`, ...runtime },
    telemetry: { accessLog: { to: 'stdout' } },
    upstreams: { origin: { endpoints: [origin.url] } },
    routes: [{ name: 'all', match: { path: '/*' }, forward: { upstream: 'origin' } }],
  };
}

function start(lifetime: Lifetime, runtime: object = {}, address = '127.0.0.1:0'): Promise<Gateway> {
  return startGateway(lifetime, configOf(runtime, address) as never);
}

const get = (answer: string) => `GET / HTTP/1.1\r\nHost: a\r\nx-test-answer: ${answer}\r\n\r\n`;

const draining = (gateway: Gateway) =>
  until(
    'draining',
    () => readStatus(gateway),
    ({ acceptors }) => acceptors.every(({ state }) => state === 'draining'),
  );

/** The code of the error with which connecting fails, or null when it does not. */
function connectError(port: number): Promise<string | null> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(null);
    });
    socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code!));
  });
}

describe('SIGTERM', () => {
  it('refuses new connections at once, completes what is in flight with Connection: close, exits with 0', async (t) => {
    const gateway = await start(t);
    const pids = await gateway.acceptorPids();
    const port = gateway.portOf('public');
    const client = await rawClient(t, port);
    const response = held('in-flight');
    await client.send(get('in-flight'));
    const inFlight = await response;
    gateway.signal('SIGTERM');
    await draining(gateway);
    assert.equal(
      await until(
        'refused',
        () => connectError(port),
        (code) => code !== null,
      ),
      'ECONNREFUSED',
    );
    const readyz = await fetch(new URL('/readyz', gateway.urlOf('admin')));
    assert.equal(readyz.status, 503);
    inFlight.end('done');
    const answer = await client.readResponse();
    assert.deepEqual(
      [answer.status, answer.body.toString(), answer.header('connection')?.toLowerCase()],
      [200, 'done', 'close'],
    );
    assert.deepEqual(await gateway.exited(), { code: 0, signal: null });
    await ended(pids);
    assert.match(gateway.stdout, /"status":200,"error":null,"route":"all"/, 'its line is in the log');
  });

  it('ends soon when nothing is in flight, whatever idle connections there are', async (t) => {
    const gateway = await start(t, { drainTimeout: 'none' });
    const client = await rawClient(t, gateway.portOf('public'));
    assert.equal((await client.exchange(get('-'))).status, 200);
    const began = performance.now();
    assert.deepEqual(await gateway.stop(), { code: 0, signal: null });
    assert.ok(performance.now() - began < GRACE_MS);
    assert.equal(await client.ended(), 'closed');
  });

  it('without a drain limit waits as long as an exchange takes', async (t) => {
    const gateway = await start(t, { drainTimeout: 'none' });
    const client = await rawClient(t, gateway.portOf('public'));
    const response = held('patient');
    await client.send(get('patient'));
    const inFlight = await response;
    gateway.signal('SIGTERM');
    await draining(gateway);
    inFlight.end('done');
    assert.equal((await client.readResponse()).body.toString(), 'done');
    assert.deepEqual(await gateway.exited(), { code: 0, signal: null });
  });

  it('at the drain limit answers 503 where nothing was sent yet, cuts the rest off, and logs both', async (t) => {
    const gateway = await start(t);
    const pids = await gateway.acceptorPids();
    const waiting = await rawClient(t, gateway.portOf('public'));
    const response = held('forgotten');
    await waiting.send(get('forgotten'));
    await response;
    const deaf = await rawClient(t, gateway.portOf('public'));
    deaf.pause();
    await deaf.send(get('endless'));
    await origin.request(({ answer }) => answer === 'endless');
    const began = performance.now();
    gateway.signal('SIGTERM');
    const answer = await waiting.readResponse();
    assert.deepEqual([answer.status, answer.header('penstock-error')], [503, 'shutting_down']);
    assert.deepEqual(await gateway.exited(), { code: 0, signal: null });
    const tookMs = performance.now() - began;
    assert.ok(tookMs >= DRAIN_MS - 100 && tookMs < DRAIN_MS + GRACE_MS, `${tookMs} ms`);
    await ended(pids);
    const logged = gateway.stdout.match(/"status":\d+,"error":"shutting_down"/g);
    assert.deepEqual(logged?.sort(), ['"status":200,"error":"shutting_down"', '"status":503,"error":"shutting_down"']);
  });

  it('followed by a second one, or by SIGINT, ends at once', async (t) => {
    for (const second of ['SIGTERM', 'SIGINT'] as const) {
      const gateway = await start(t, { drainTimeout: '1m' });
      const pids = await gateway.acceptorPids();
      const client = await rawClient(t, gateway.portOf('public'));
      const response = held('stuck');
      await client.send(get('stuck'));
      await response;
      gateway.signal('SIGTERM');
      await draining(gateway);
      gateway.signal(second);
      assert.deepEqual(await gateway.exited(5_000), { code: 0, signal: null });
      await ended(pids);
    }
  });

  it('in the middle of a replacement and a reload ends everything', async (t) => {
    const gateway = await start(t);
    const pids = await gateway.acceptorPids();
    gateway.signal('SIGUSR2');
    gateway.signal('SIGHUP');
    gateway.signal('SIGTERM');
    assert.deepEqual(await gateway.exited(), { code: 0, signal: null });
    await ended(pids);
    assert.throws(() => process.kill(-gateway.pid, 0), { code: 'ESRCH' }, 'a process of the gateway is left');
  });

  it('removes the files of unix sockets, listener and admin, which also replace those of a killed gateway', async (t) => {
    const folder = tempDir(t);
    const [publicSocket, adminSocket] = [join(folder, 'public.sock'), join(folder, 'admin.sock')];
    const config = JSON.stringify({
      version: 1,
      listeners: [{ name: 'public', address: `unix:${publicSocket}` }],
      admin: { address: `unix:${adminSocket}` },
      runtime: { acceptors: 2 },
    });
    const killed = await startGateway(t, config);
    killed.kill();
    await killed.exited();
    assert.ok(existsSync(publicSocket) && existsSync(adminSocket));
    const gateway = await startGateway(t, config);
    assert.deepEqual(await gateway.stop(), { code: 0, signal: null });
    assert.deepEqual([existsSync(publicSocket), existsSync(adminSocket)], [false, false]);
  });
});

describe('a supervisor that is killed', () => {
  it('leaves acceptors that serve until another has taken the port: nobody is refused', async (t) => {
    const gateway = await start(t);
    const pids = await gateway.acceptorPids();
    const port = gateway.portOf('public');
    const client = await rawClient(t, port);
    const response = held('orphan');
    await client.send(get('orphan'));
    const inFlight = await response;
    const load = steadyLoad(t, { port, keepAlive: 2, newConnections: 2 });
    await load.more(100);
    process.kill(gateway.pid, 'SIGKILL');
    await gateway.exited();
    await load.more(100);
    const successor = await start(t, {}, `127.0.0.1:${port}`);
    assert.ok(inFlight.writable, 'and nobody has been cut off');
    await until(
      'left by the one without an exchange',
      async () => pids.filter(isAlive),
      ({ length }) => length === 1,
    );
    inFlight.end('done');
    const answer = await client.readResponse();
    assert.deepEqual([answer.status, answer.body.toString()], [200, 'done']);
    await ended(pids);
    await load.more(100);
    await load.stop();
    assert.deepEqual([...load.statuses.keys()], [200]);
    assert.deepEqual(load.failures, []);
    assert.deepEqual(await successor.stop(), { code: 0, signal: null });
  });

  it('can be started again on its unix sockets, too', async (t) => {
    const address = `unix:${join(tempDir(t), 'public.sock')}`;
    const gateway = await start(t, {}, address);
    const pids = await gateway.acceptorPids();
    process.kill(gateway.pid, 'SIGKILL');
    await gateway.exited();
    await start(t, {}, address);
    await ended(pids);
  });

  it('is no invitation: the port of a gateway that lives is not shared', async (t) => {
    const gateway = await start(t);
    const second = spawnGateway(t, { ...configOf({}, new URL(gateway.urlOf('public')).host) } as never);
    await assert.rejects(second.printed(/^listening/m), /another process listens there already/);
  });
});
