import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import type { Drift } from '../../../src/supervisor/drift.ts';
import type { PulledLever } from '../../../src/supervisor/levers/pulled-lever.ts';
import { readMetrics, readStatus, until } from '../../support/admin.ts';
import { fileLifetime } from '../../support/file-lifetime.ts';
import { startGateway } from '../../support/gateway.ts';
import { simpleOrigin } from '../../support/simple-origin.ts';
import { tempDir } from '../../support/temp-dir.ts';
import { configOf, OperatedGateway } from './operated-gateway.ts';

const file = fileLifetime();
let operated: OperatedGateway;
const state = tempDir(file);
let config: object;
const origins: Record<'a' | 'b', string> = { a: '', b: '' };

before(async () => {
  for (const name of ['a', 'b'] as const)
    origins[name] = (await simpleOrigin(file, (_, response) => response.end(name))).url;
  const policies = [{ rateLimit: { limit: '100000/h', by: 'route' } }];
  config = configOf(
    [
      { name: 'shop', match: { path: '/shop' }, forward: { upstream: 'both' } },
      { name: 'limited', match: { path: '/limited' }, policies, forward: { upstream: 'both' } },
    ],
    { upstreams: { both: { endpoints: [origins.a, origins.b] } } },
  );
  operated = await OperatedGateway.start(file, config, { args: ['--state', state] });
});

async function pull(lever: object): Promise<PulledLever> {
  const { status, body } = await operated.ask<PulledLever>('POST', '/levers', { why: 'a fire', ...lever });
  assert.equal(status, 200, JSON.stringify(body));
  return body;
}

const release = async ({ id }: PulledLever) => (await operated.ask('DELETE', `/levers/${id}`)).status;
const drift = async () => (await operated.ask<Drift>('GET', '/drift')).body;

async function areKilled(path: string): Promise<boolean> {
  return [...(await operated.answers(path))].join() === '503 route_disabled';
}

describe('a lever', () => {
  it('that kills a route is in force on every acceptor when it is answered, and shown as drift until it is released', async () => {
    assert.equal((await drift()).isDrifting, false);
    const pulled = await pull({ kind: 'kill-route', route: 'shop', for: '1h' });
    assert.ok(await areKilled('/shop'));
    assert.deepEqual([...(await operated.answers('/limited'))].sort(), ['200 a', '200 b']);
    const { isDrifting, levers, reasons } = await drift();
    assert.deepEqual([isDrifting, levers, reasons], [true, [pulled], ['1 lever is pulled.']]);
    assert.equal(Date.parse(pulled.until!) - Date.parse(pulled.at), 3_600_000);
    const metrics = await readMetrics(operated.gateway);
    assert.deepEqual([metrics.sum('penstock_levers'), metrics.sum('penstock_config_drift')], [1, 1]);
    assert.equal(await release(pulled), 200);
    assert.deepEqual([...(await operated.answers('/shop'))].sort(), ['200 a', '200 b']);
    assert.equal((await drift()).isDrifting, false);
    assert.equal(await release(pulled), 404);
  });

  it('holds over a reload, and for an acceptor that is started in place of a dead one', async () => {
    const pulled = await pull({ kind: 'kill-route', route: 'shop' });
    await operated.ask('POST', '/reload');
    assert.ok(await areKilled('/shop'));
    const before = await operated.gateway.acceptorPids();
    for (const pid of before) process.kill(pid, 'SIGKILL');
    await until(
      'replaced',
      async () => (await readStatus(operated.gateway)).acceptors,
      (acceptors) =>
        acceptors.length === 2 && acceptors.every(({ pid, state: how }) => how === 'serving' && !before.includes(pid)),
    );
    assert.ok(await areKilled('/shop'));
    await release(pulled);
  });

  it('takes an endpoint out of rotation, but not the last one', async () => {
    const pulled = await pull({ kind: 'endpoint-out', upstream: 'both', endpoint: origins.a });
    assert.deepEqual([...(await operated.answers('/shop'))], ['200 b']);
    const last = { kind: 'endpoint-out', upstream: 'both', endpoint: origins.b, why: 'x' };
    assert.equal((await operated.ask('POST', '/levers', last)).status, 409);
    await release(pulled);
    assert.deepEqual([...(await operated.answers('/shop'))].sort(), ['200 a', '200 b']);
  });

  it('puts another limit in place of that of a route', async () => {
    const pulled = await pull({ kind: 'limit', route: 'limited', rate: '3/h' });
    const url = new URL('/limited', operated.gateway.urlOf('public'));
    const statuses: number[] = [];
    for (let i = 0; i < 6; i++) statuses.push((await fetch(url)).status);
    assert.deepEqual(statuses, [200, 200, 200, 429, 429, 429]);
    await release(pulled);
    assert.equal((await fetch(url)).status, 200);
  });

  it('has the gateway say more of itself, or less', async () => {
    const quiet = await pull({ kind: 'log-level', level: 'error' });
    const loud = await pull({ kind: 'log-level', level: 'debug' });
    const { levers } = await drift();
    assert.deepEqual(levers, [loud], 'one in place of the other');
    assert.equal(await release(quiet), 404);
    assert.equal(await release(loud), 200);
  });

  it('that cannot be pulled says why, and changes nothing', async () => {
    const refusals = [
      [{ kind: 'kill-route', route: 'nothing', why: 'x' }, 409, 'there is no route nothing.'],
      [{ kind: 'limit', route: 'shop', rate: '1/s', why: 'x' }, 409, 'the route shop has no rateLimit to be changed.'],
      [{ kind: 'kill-route', route: 'shop' }, 400, 'why is missing'],
      [{ kind: 'kill-route', route: 'shop', why: '' }, 400, 'why is empty'],
      [{ kind: 'kill-route', route: 'shop', why: 'x', for: '5' }, 400, '"5" is not a duration'],
      [{ kind: 'limit', route: 'shop', why: 'x', rate: 'many' }, 400, '"many" is not a rate'],
      [{ kind: 'explode', route: 'shop', why: 'x' }, 400, 'kind'],
      [{ kind: 'kill-route', route: 'shop', why: 'x', more: 1 }, 400, 'there is no member "more"'],
    ] as const;
    for (const [body, status, detail] of refusals) {
      const answer = await operated.ask<{ detail: string }>('POST', '/levers', body);
      assert.equal(answer.status, status, detail);
      assert.ok(answer.body.detail.includes(detail), answer.body.detail);
    }
    assert.equal((await drift()).isDrifting, false);
  });

  it('ends when its time is over, and outlives the gateway before', async (t) => {
    await pull({ kind: 'kill-route', route: 'limited', for: '300ms' });
    await until('over', drift, ({ levers }) => levers.length === 0);
    assert.deepEqual([...(await operated.answers('/limited'))].sort(), ['200 a', '200 b']);
    const pulled = await pull({ kind: 'kill-route', route: 'shop' });
    await operated.gateway.stop();
    operated = new OperatedGateway(await startGateway(t, config as never, { args: ['--state', state] }));
    assert.deepEqual((await drift()).levers, [pulled]);
    assert.ok(await areKilled('/shop'));
  });
});
