import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { before, describe, it } from 'node:test';
import { readMetrics, readStatus, until } from '../support/admin.ts';
import { fileLifetime } from '../support/file-lifetime.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';
import { ended } from '../support/processes.ts';
import { rawClient } from '../support/raw-client.ts';
import { recordingOrigin } from '../support/recording-origin.ts';
import { simpleOrigin } from '../support/simple-origin.ts';
import { steadyLoad } from '../support/steady-load.ts';

const file = fileLifetime();
const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';
let gateway: Gateway;
let port: number;

before(async () => {
  const fast = await simpleOrigin(file, (_, response) => response.end('ok'));
  const slow = await recordingOrigin(file);
  slow.answer('never', () => new Promise(() => {}));
  gateway = await startGateway(file, {
    version: 1,
    listeners: [{ name: 'public', address: '127.0.0.1:0' }],
    admin: { address: '127.0.0.1:0' },
    runtime: { acceptors: 2 },
    telemetry: { accessLog: 'none' },
    upstreams: { fast: { endpoints: [fast.url] }, slow: { endpoints: [slow.url] } },
    routes: [
      { name: 'fast', match: { path: '/*' }, forward: { upstream: 'fast' } },
      { name: 'slow', match: { path: '/slow' }, forward: { upstream: 'slow' } },
    ],
  } as never);
  port = gateway.portOf('public');
});

/** Kills an acceptor. @returns when it was dead for certain */
async function kill(pid: number): Promise<number> {
  process.kill(pid, 'SIGKILL');
  await ended([pid]);
  return performance.now();
}

const servedBy = (count: number, others: readonly number[]) =>
  until(
    `served by ${count} acceptors that are not ${others}`,
    () => readStatus(gateway),
    ({ acceptors }) =>
      acceptors.filter(({ state, pid }) => state === 'serving' && !others.includes(pid)).length === count,
  );

describe('an acceptor that is killed under a steady load', () => {
  it('costs no new connection, only what it had accepted; another takes its place, again and again', async (t) => {
    const load = steadyLoad(t, { port });
    await load.more(500);
    let kills = 0;
    for (const round of [0, 1, 2]) {
      const pids = await gateway.acceptorPids();
      const failedBefore = load.failures.length;
      const deadAt = await kill(pids[round % pids.length]!);
      kills++;
      await servedBy(2, [pids[round % pids.length]!]);
      await load.more(500);
      const failed = load.failures.slice(failedBefore);
      assert.deepEqual(
        failed.filter(({ code }) => code === 'ECONNREFUSED'),
        [],
        'a connection was refused',
      );
      assert.deepEqual(
        failed.filter(({ onNewConnection, startedAt }) => onNewConnection && startedAt > deadAt),
        [],
        'a connection failed that was made when the acceptor was dead already',
      );
      assert.ok(failed.length <= 8, `each client can lose the one request it had under way, not ${failed.length}`);
    }
    await load.stop();
    assert.deepEqual([...load.statuses.keys()], [200]);
    const metrics = await readMetrics(gateway);
    assert.equal(metrics.sum('penstock_acceptor_restarts_total'), kills);
    assert.match(gateway.stderr, /acceptor \d+ ended \(SIGKILL\); another takes its place/);
  });

  it('with all the others at once: connections wait in the kernel and are served by their successors', async () => {
    const pids = await gateway.acceptorPids();
    for (const pid of pids) process.kill(pid, 'SIGSTOP');
    const clients = await Promise.all(Array.from({ length: 20 }, () => rawClient(file, port)));
    for (const client of clients) await client.send(GET);
    for (const pid of pids) await kill(pid);
    const responses = await Promise.all(clients.map((client) => client.readResponse()));
    assert.deepEqual(
      responses.map(({ status }) => status),
      clients.map(() => 200),
    );
    for (const { socket } of clients) socket.destroy();
  });
});

describe('the metrics of an acceptor that is killed', () => {
  it('keep what it counted, and give back what it held', async (t) => {
    await servedBy(2, []);
    const before = await readMetrics(gateway);
    const hanging = await rawClient(t, port);
    await hanging.send('GET /slow HTTP/1.1\r\nHost: a\r\nx-test-answer: never\r\n\r\n');
    await until(
      'in flight',
      () => readMetrics(gateway),
      (now) =>
        now.sum('penstock_exchanges_in_flight') === 1 &&
        now.sum('penstock_upstream_connections', { upstream: 'slow' }) === 1,
    );
    const pids = await gateway.acceptorPids();
    for (const pid of pids) await kill(pid);
    await hanging.ended();
    await servedBy(2, pids);
    const after = await readMetrics(gateway);
    assert.equal(after.sum('penstock_exchanges_in_flight'), 0);
    assert.equal(after.sum('penstock_connections'), 0);
    assert.equal(after.sum('penstock_upstream_connections'), 0);
    for (const counter of [
      'penstock_requests_total',
      'penstock_response_bytes_total',
      'penstock_gateway_seconds_count',
    ]) {
      assert.ok(before.sum(counter) > 0, counter);
      assert.ok(after.sum(counter) >= before.sum(counter), `${counter} went back`);
    }
  });
});

describe('an acceptor whose loop stands still', () => {
  it('is found out by its heartbeat, killed and replaced; metrics answer and readiness says so meanwhile', async (t) => {
    await servedBy(2, []);
    const pids = await gateway.acceptorPids();
    for (const pid of pids) process.kill(pid, 'SIGSTOP');
    const waiting = connect(port, '127.0.0.1');
    t.after(() => waiting.destroy());
    assert.equal((await fetch(new URL('/metrics', gateway.urlOf('admin')))).status, 200);
    assert.equal((await fetch(new URL('/healthz', gateway.urlOf('admin')))).status, 200);
    const readyz = () => fetch(new URL('/readyz', gateway.urlOf('admin')));
    const notReady = await until('not ready', readyz, ({ status }) => status === 503);
    assert.equal(((await notReady.json()) as { detail: string }).detail, 'No acceptor is serving.');
    await gateway.printed(/has stood still for 15 s and is killed/, 30_000);
    await servedBy(2, pids);
    await until('ready', readyz, ({ status }) => status === 200);
  });
});
