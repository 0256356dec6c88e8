import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import type { TrialStatus } from '../../../src/supervisor/canary/trials.ts';
import { until } from '../../support/admin.ts';
import { fileLifetime } from '../../support/file-lifetime.ts';
import type { Lifetime } from '../../support/lifetime.ts';
import { simpleOrigin } from '../../support/simple-origin.ts';
import { steadyLoad } from '../../support/steady-load.ts';
import { configOf, OperatedGateway } from './operated-gateway.ts';

const file = fileLifetime();
let operated: OperatedGateway;
let origin: string;
/** Of each route. */
const CLIENTS = 6;
/** Nobody listens there. */
const DEAD = 'http://127.0.0.1:9';

before(async () => {
  origin = (await simpleOrigin(file, (_, response) => response.end('fine'))).url;
  operated = await OperatedGateway.start(file, config(origin));
});

function config(ofOrders: string, header = 'old') {
  const policies = [{ headers: { response: { set: { 'x-config': header } } } }];
  const route = (name: string) => ({ name, match: { path: `/${name}` }, policies, forward: { upstream: name } });
  return configOf([route('orders'), route('other')], {
    upstreams: { orders: { endpoints: [ofOrders] }, other: { endpoints: [origin] } },
  });
}

/** Loads both routes, half of the clients on connections that stay. Counts answers by status and snapshot. */
function load(lifetime: Lifetime) {
  const seen = new Map<string, number>();
  const onAnswer = ({ status, header }: { status: number; header: (name: string) => string | undefined }) => {
    const key = `${status} ${header('x-config') ?? '-'}`;
    seen.set(key, (seen.get(key) ?? 0) + 1);
  };
  const port = operated.gateway.portOf('public');
  const loads = ['/orders', '/other'].map((path) =>
    steadyLoad(lifetime, { port, path, keepAlive: 2, newConnections: CLIENTS - 2, onAnswer }),
  );
  const stop = () => Promise.all(loads.map((each) => each.stop()));
  return { seen, loads, stop };
}

async function verdict(): Promise<TrialStatus> {
  const ask = async () => (await operated.ask<TrialStatus>('GET', '/canary')).body;
  return until('judged', ask, ({ state }) => state !== 'watching' && state !== 'preparing', 20_000);
}

const canary = (more: object = {}) => ({ acceptors: 1, for: '1500ms', minRequests: 20, ...more });

describe('a canary', () => {
  it('that breaks a route is given up by itself, with at most its share of the requests harmed', async (t) => {
    const { seen, loads, stop } = load(t);
    await loads[0]!.more(20);
    operated.write(config(DEAD, 'bad'));
    const begun = await operated.ask<TrialStatus>('POST', '/reload', { why: 'try', canary: canary({ for: '60s' }) });
    assert.deepEqual([begun.status, begun.body.trial, begun.body.state], [202, 1, 'preparing']);
    const { state, reason, evidence } = await verdict();
    assert.deepEqual([state, evidence?.state], ['aborted', 'aborted']);
    assert.match(reason!, /^(route orders: )?errors>1%: .*% of \d+ requests failed/);
    const orders = evidence!.routes.find(({ route }) => route === 'orders')!;
    assert.ok(orders.canary.errors > 0 && [...orders.broken, ...evidence!.total.broken].length > 0);
    assert.equal(orders.others.errors, 0);
    assert.equal(evidence!.routes.find(({ route }) => route === 'other')!.canary.errors, 0);
    await stop();
    const harmed = [...seen].filter(([key]) => !key.startsWith('200')).reduce((sum, [, count]) => sum + count, 0);
    // What was in flight when it was given up is not in the evidence: one request a client.
    const most = orders.canary.requests + CLIENTS;
    assert.ok(harmed > 0 && harmed <= most, `${harmed} of ${orders.canary.requests} on the canary`);
    assert.deepEqual([...(await operated.answers('/orders'))], ['200 fine'], 'every acceptor is back');
  });

  it('that breaks nothing is promoted by itself', async (t) => {
    const { seen, loads, stop } = load(t);
    operated.write(config(origin, 'new'));
    await operated.ask('POST', '/reload', { canary: canary() });
    const { state, reason } = await verdict();
    assert.deepEqual([state, reason?.replace(/\d+/, 'N')], ['promoted', 'N requests broke no rule']);
    await loads[0]!.more(20);
    await stop();
    assert.deepEqual([...seen.keys()].sort(), ['200 new', '200 old']);
    const { body } = await operated.ask<{ entries: { event: string; evidence: object | null }[] }>('GET', '/history');
    assert.deepEqual(
      body.entries.map(({ event, evidence }) => [event, evidence !== null]),
      [
        ['canary-promoted', true],
        ['canary-begun', false],
        ['canary-aborted', true],
        ['canary-begun', false],
        ['published', false],
      ],
    );
  });

  it('can be ended by hand, either way, and nothing is left of it', async () => {
    const running = async () => (await operated.ask<TrialStatus>('GET', '/canary')).body.state === 'watching';
    operated.write(config(origin, 'by hand'));
    await operated.ask('POST', '/reload', { canary: canary({ for: '60s' }) });
    await until('watched', running, (isRunning) => isRunning);
    assert.equal((await operated.ask('DELETE', '/canary')).status, 200);
    assert.equal((await verdict()).reason, 'aborted by an operator');
    assert.equal((await operated.ask('DELETE', '/canary')).status, 409);
    await operated.ask('POST', '/reload', { canary: canary({ for: '60s' }) });
    await until('watched', running, (isRunning) => isRunning);
    assert.equal((await operated.ask('POST', '/canary/promote')).status, 200);
    assert.equal((await verdict()).state, 'promoted');
  });

  it('that cannot begin says why', async () => {
    await operated.ask('POST', '/reload', { canary: canary({ acceptors: 2 }) });
    const all = await verdict();
    assert.deepEqual([all.state, all.evidence], ['refused', null]);
    assert.match(all.reason!, /leaves none to compare it with/);
    operated.write('version: 1\nroutes: 5\n');
    await operated.ask('POST', '/reload', { canary: canary() });
    assert.match((await verdict()).reason!, /penstock\.yaml:2:9: /);
  });
});
