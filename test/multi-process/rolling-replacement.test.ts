import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { readMetrics, readStatus, until } from '../support/admin.ts';
import { fileLifetime } from '../support/file-lifetime.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';
import { ended } from '../support/processes.ts';
import { rawClient } from '../support/raw-client.ts';
import { simpleOrigin } from '../support/simple-origin.ts';
import { steadyLoad } from '../support/steady-load.ts';

const file = fileLifetime();
const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';
const REPLACED = 'penstock: every acceptor is a new process';
let origin: { readonly url: string };

before(async () => {
  origin = await simpleOrigin(file, (_, response) => response.end('ok'));
});

const config = (listener: object = {}) => ({
  version: 1,
  listeners: [{ name: 'public', address: '127.0.0.1:0', ...listener }],
  admin: { address: '127.0.0.1:0' },
  runtime: { acceptors: 2 },
  telemetry: { accessLog: 'none' },
  upstreams: { origin: { endpoints: [origin.url] } },
  routes: [{ name: 'all', match: { path: '/*' }, forward: { upstream: 'origin' } }],
});

/** Waits until so many replacements of all acceptors have been reported since the start. */
const replaced = (gateway: Gateway, times: number) =>
  gateway.printed(new RegExp(`(?:${REPLACED}[^]*){${times}}`), 30_000);

describe('SIGUSR2', () => {
  it('replaces every acceptor under a steady load and fails no request, twice in a row', async (t) => {
    const gateway = await startGateway(t, config());
    const load = steadyLoad(t, { port: gateway.portOf('public'), keepAlive: 6, newConnections: 6 });
    await load.more(500);
    for (const round of [1, 2]) {
      const old = await gateway.acceptorPids();
      gateway.signal('SIGUSR2');
      await replaced(gateway, round);
      await load.more(1000);
      await ended(old);
      const now = await gateway.acceptorPids();
      assert.equal(now.length, 2);
      assert.deepEqual(
        now.filter((pid) => old.includes(pid)),
        [],
      );
    }
    await load.stop();
    assert.deepEqual(load.failures, []);
    assert.deepEqual([...load.statuses], [[200, load.answered]]);
    const metrics = await readMetrics(gateway);
    assert.equal(metrics.sum('penstock_requests_total', { route: 'all' }), load.answered);
    assert.equal(metrics.sum('penstock_acceptor_restarts_total'), 0, 'a replacement is no death');
  });

  it('sent twice quickly replaces them twice, waiting for slots rather than cutting anybody off', async (t) => {
    const gateway = await startGateway(t, config());
    const load = steadyLoad(t, { port: gateway.portOf('public') });
    await load.more(200);
    const old = await gateway.acceptorPids();
    gateway.signal('SIGUSR2');
    gateway.signal('SIGUSR2');
    await gateway.printed(new RegExp(REPLACED));
    gateway.signal('SIGUSR2');
    await replaced(gateway, 2);
    await load.more(200);
    await load.stop();
    assert.deepEqual(load.failures, []);
    assert.deepEqual(
      (await gateway.acceptorPids()).filter((pid) => old.includes(pid)),
      [],
    );
  });

  it('lets a client finish on the connection it has: its next answer says close, a new connection is served', async (t) => {
    const gateway = await startGateway(t, config());
    const old = await gateway.acceptorPids();
    const client = await rawClient(t, gateway.portOf('public'));
    assert.equal((await client.exchange(GET)).header('connection'), undefined);
    gateway.signal('SIGUSR2');
    await replaced(gateway, 1);
    const last = await client.exchange(GET);
    assert.deepEqual([last.status, last.header('connection')?.toLowerCase()], [200, 'close']);
    client.finish();
    await ended(old);
    assert.equal((await (await rawClient(t, gateway.portOf('public'))).exchange(GET)).status, 200);
  });

  it('survives the death of an acceptor in the middle of it', async (t) => {
    const gateway = await startGateway(t, config());
    const old = await gateway.acceptorPids();
    gateway.signal('SIGUSR2');
    for (const pid of old) process.kill(pid, 'SIGKILL');
    await replaced(gateway, 1);
    const { acceptors } = await until(
      'two acceptors',
      () => readStatus(gateway),
      (status) => status.acceptors.length === 2 && status.acceptors.every(({ state }) => state === 'serving'),
    );
    assert.deepEqual(
      acceptors.filter(({ pid }) => old.includes(pid)),
      [],
    );
    assert.equal((await (await rawClient(t, gateway.portOf('public'))).exchange(GET)).status, 200);
  });

  it('changes nothing when a successor cannot start, and says why', async (t) => {
    const gateway = await startGateway(t, config());
    const old = await gateway.acceptorPids();
    gateway.signal('SIGUSR2');
    const { acceptors } = await until(
      'a successor',
      () => readStatus(gateway),
      (status) => status.acceptors.some(({ state }) => state === 'starting'),
    );
    process.kill(acceptors.find(({ state }) => state === 'starting')!.pid, 'SIGKILL');
    const [message] = await gateway.printed(/penstock: an acceptor could not be replaced; the old ones go on\. .*/);
    assert.match(message, /the new acceptor ended before it served/);
    assert.deepEqual(await gateway.acceptorPids(), old);
    const status = await readStatus(gateway);
    assert.deepEqual(
      status.acceptors.map(({ state }) => state),
      ['serving', 'serving'],
    );
    assert.equal(status.acceptorRestarts, 0);
  });
});
