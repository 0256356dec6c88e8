/** Endpoints that die, hang, fail and recover: who is asked, who is left alone, and what the client sees. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { after, describe, it, type TestContext } from 'node:test';
import { readMetrics, readStatus, until } from '../support/admin.ts';
import { startGateway } from '../support/gateway.ts';
import { type MoodyOrigin, moodyOrigin } from '../support/moody-origin.ts';
import { proxyConfig } from '../support/proxy-config.ts';
import { type FinalResponse, rawClient, requestOnce } from '../support/raw-client.ts';

async function closedPort(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return `http://127.0.0.1:${port}`;
}

const some = (name: string): Promise<MoodyOrigin> => moodyOrigin({ after }, name);
const [checkedA, checkedB, ejectedA, ejectedB, broken, retriedA, retriedB] = await Promise.all(
  ['checked-a', 'checked-b', 'ejected-a', 'ejected-b', 'broken', 'retried-a', 'retried-b'].map(some),
);
const [stormed, limited, spare, lone, slow, quick] = await Promise.all(
  ['stormed', 'limited', 'spare', 'lone', 'slow', 'quick'].map(some),
);
const down = await closedPort();
const active = { path: '/healthz', every: '100ms', timeout: '300ms', healthyAfter: 1, unhealthyAfter: 2, expect: 200 };
const circuit = { failures: '50%', minRequests: 4, window: '60s', openFor: '300ms', halfOpenRequests: 1 };
const onStatuses = { attempts: 3, budget: '100%', on: ['connect', 'reset', 'timeout', 503] };

const gateway = await startGateway(
  { after },
  proxyConfig({
    acceptors: 2,
    upstreams: {
      checked: { endpoints: [checkedA!.url, checkedB!.url], health: { active } },
      lone: { endpoints: [lone!.url], health: { active, whenAllUnhealthy: 'refuse' } },
      ejected: {
        endpoints: [ejectedA!.url, ejectedB!.url],
        health: { passive: { failures: 3, within: '60s', ejectFor: '60s', statuses: 500 } },
      },
      broken: { endpoints: [broken!.url], circuit },
      retried: { endpoints: [retriedA!.url, retriedB!.url] },
      stormed: { endpoints: [stormed!.url] },
      limited: { endpoints: [limited!.url], limits: { inFlight: 2 } },
      down: { endpoints: [down] },
      spare: { endpoints: [spare!.url] },
      least: { endpoints: [slow!.url, quick!.url], balance: 'leastRequests' },
    },
    routes: {
      '/checked': 'checked',
      '/lone': 'lone',
      '/ejected': { upstream: 'ejected', retries: 0 },
      '/broken': { upstream: 'broken', retries: 0 },
      '/broken-or-spare': { upstream: 'broken', failover: 'spare', retries: 0 },
      '/retried': { upstream: 'retried', headTimeout: '300ms', retries: onStatuses },
      '/once': { upstream: 'retried', headTimeout: '300ms' },
      '/stormed': { upstream: 'stormed', retries: { ...onStatuses, attempts: 1, budget: '20%' } },
      '/patient': {
        upstream: 'stormed',
        retries: { ...onStatuses, attempts: 1, backoff: { base: '20ms', max: '40ms' } },
      },
      '/limited': 'limited',
      '/down': { upstream: 'down', failover: 'spare' },
      '/least': 'least',
    },
  }),
);
const port = gateway.portOf('public');

function ask(t: TestContext, path: string, method = 'GET', body = ''): Promise<FinalResponse> {
  const length = body === '' ? '' : `Content-Length: ${body.length}\r\n`;
  return requestOnce(t, port, `${method} ${path} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n${length}\r\n${body}`);
}

async function answersOf(t: TestContext, path: string, count: number): Promise<string[]> {
  const answers: string[] = [];
  for (let i = 0; i < count; i++) {
    const { status, body, header } = await ask(t, path);
    answers.push(status === 200 ? body.toString() : `${status} ${header('penstock-error')}`);
  }
  return answers;
}

type Seen = Awaited<ReturnType<typeof readStatus>>['endpoints'][number];

/** Waits until the shared table says something of an endpoint. */
const seen = (what: string, { url }: MoodyOrigin, isWanted: (endpoint: Seen) => boolean): Promise<unknown> =>
  until(
    what,
    async () => (await readStatus(gateway)).endpoints.filter(({ endpoint }) => endpoint === url),
    (found) => found.some(isWanted),
  );

describe('active health checks', () => {
  it('take an endpoint out that answers wrongly, and bring it back, for all acceptors', async (t) => {
    checkedA!.healthMood = 500;
    await seen('unhealthy', checkedA!, ({ healthy }) => !healthy);
    assert.deepEqual(new Set(await answersOf(t, '/checked', 12)), new Set(['checked-b']));
    const metrics = await readMetrics(gateway);
    assert.equal(metrics.sum('penstock_endpoint_up', { endpoint: checkedA!.url }), 0);
    assert.equal(metrics.sum('penstock_endpoint_up', { endpoint: checkedB!.url }), 1);
    checkedA!.healthMood = null;
    await seen('healthy', checkedA!, ({ healthy }) => healthy);
    assert.deepEqual(new Set(await answersOf(t, '/checked', 12)), new Set(['checked-a', 'checked-b']));
    assert.match(gateway.stderr, /endpoint \S+ of upstream checked is unhealthy: status 500/);
  });

  it('take an endpoint for unhealthy that does not answer in time', async () => {
    checkedA!.healthMood = 'hang';
    await seen('unhealthy', checkedA!, ({ healthy }) => !healthy);
    checkedA!.healthMood = null;
    await seen('healthy', checkedA!, ({ healthy }) => healthy);
  });

  it('leave all unhealthy endpoints in use rather than none, unless told to refuse', async (t) => {
    checkedA!.healthMood = 500;
    checkedB!.healthMood = 500;
    await lone!.die();
    for (const origin of [checkedA!, checkedB!, lone!]) await seen('unhealthy', origin, ({ healthy }) => !healthy);
    assert.deepEqual(new Set(await answersOf(t, '/checked', 12)), new Set(['checked-a', 'checked-b']));
    const refused = await ask(t, '/lone');
    assert.deepEqual([refused.status, refused.header('penstock-error')], [503, 'upstream_unavailable']);
    assert.match(refused.header('retry-after')!, /^\d+$/);
    checkedA!.healthMood = null;
    checkedB!.healthMood = null;
    await lone!.rise();
    for (const origin of [checkedA!, checkedB!, lone!]) await seen('healthy', origin, ({ healthy }) => healthy);
    assert.equal((await ask(t, '/lone')).status, 200);
  });
});

describe('passive health', () => {
  it('ejects an endpoint that fails again and again, and never more than half of them', async (t) => {
    ejectedA!.mood = 500;
    while (ejectedA!.requests < 3) await ask(t, '/ejected');
    await seen('ejected', ejectedA!, ({ ejected }) => ejected);
    const before = ejectedA!.requests;
    assert.deepEqual(new Set(await answersOf(t, '/ejected', 10)), new Set(['ejected-b']));
    assert.equal(ejectedA!.requests, before);
    ejectedB!.mood = 500;
    const asked = ejectedB!.requests;
    for (let i = 0; i < 8; i++) assert.equal((await ask(t, '/ejected')).status, 500);
    assert.equal(ejectedB!.requests, asked + 8);
    const metrics = await readMetrics(gateway);
    assert.equal(metrics.sum('penstock_endpoint_ejected', { upstream: 'ejected' }), 1);
    assert.equal(metrics.sum('penstock_endpoint_ejections_total', { upstream: 'ejected' }), 1);
    // A reload forgets nothing of it.
    gateway.signal('SIGHUP');
    await gateway.printed(/generation 2 is live/);
    const left = ejectedA!.requests;
    for (let i = 0; i < 6; i++) await ask(t, '/ejected');
    assert.equal(ejectedA!.requests, left);
  });
});

describe('a circuit', () => {
  it('opens for all acceptors, lets one request see whether the endpoint has recovered, and closes again', async (t) => {
    broken!.mood = 500;
    while ((await ask(t, '/broken')).header('penstock-error') !== 'upstream_circuit_open');
    const asked = broken!.requests;
    assert.ok(asked >= 4, `${asked} requests`);
    // Half-open by now or soon: the one request that is let through fails, and it opens again.
    await until(
      'asked again',
      () => ask(t, '/broken'),
      ({ status }) => status === 500,
    );
    assert.equal(broken!.requests, asked + 1);
    assert.deepEqual(await answersOf(t, '/broken-or-spare', 3), ['spare', 'spare', 'spare']);
    // The probe hangs: nobody else is let through while it does.
    broken!.mood = 'hang';
    const probe = until(
      'asked again',
      () => ask(t, '/broken'),
      ({ status }) => status !== 503,
    );
    await broken!.holds(1);
    assert.deepEqual(await answersOf(t, '/broken', 4), Array(4).fill('503 upstream_circuit_open'));
    assert.equal(broken!.held, 1);
    broken!.mood = 200;
    broken!.release();
    assert.equal((await probe).status, 200);
    assert.deepEqual(await answersOf(t, '/broken', 6), Array(6).fill('broken'));
    const metrics = await readMetrics(gateway);
    assert.equal(metrics.sum('penstock_endpoint_circuit', { upstream: 'broken' }), 0);
    assert.equal(metrics.sum('penstock_endpoint_circuit_opened_total', { upstream: 'broken' }), 2);
  });
});

describe('retries', () => {
  it('go to another endpoint on a status, a reset and a timeout, with the body again', async (t) => {
    for (const mood of [503, 'reset', 'hang'] as const) {
      retriedA!.mood = mood;
      for (let i = 0; i < 4; i++) {
        const { status, body } = await ask(t, '/retried', 'PUT', 'some text');
        assert.equal(`${status} ${body}`, '200 retried-b', String(mood));
      }
    }
    assert.deepEqual(new Set([...retriedA!.bodies, ...retriedB!.bodies]), new Set(['some text']));
  });

  it('are not made for a POST the upstream may have worked on, nor where the route does not say so', async (t) => {
    retriedA!.mood = 503;
    const posts = await Promise.all([0, 1, 2, 3].map(() => ask(t, '/retried', 'POST', 'x')));
    assert.ok(posts.some(({ status }) => status === 503));
    const gets = await Promise.all([0, 1, 2, 3].map(() => ask(t, '/once')));
    assert.ok(gets.some(({ status }) => status === 503));
  });

  it('stop when the budget is spent, and are counted', async (t) => {
    stormed!.mood = 503;
    const answers = await answersOf(t, '/stormed', 40);
    assert.deepEqual(new Set(answers), new Set(['503 undefined']));
    // Two acceptors, each with three that are always allowed and a fifth of its own share of 40.
    const retries = stormed!.requests - 40;
    assert.ok(retries >= 6 && retries <= 2 * 3 + 8, `${retries} retries`);
    const metrics = await readMetrics(gateway);
    assert.equal(metrics.sum('penstock_upstream_retries_refused_total', { upstream: 'stormed' }), 40 - retries);
  });

  it('wait for their backoff, and are given up with the client', async (t) => {
    stormed!.mood = 503;
    const before = stormed!.requests;
    assert.equal((await ask(t, '/patient')).status, 503);
    assert.equal(stormed!.requests, before + 2);
  });
});

describe('what an attempt holds', () => {
  it('is given back however it ends', async () => {
    const inFlight = async (): Promise<number> => (await readMetrics(gateway)).sum('penstock_endpoint_in_flight');
    await until('nothing in flight', inFlight, (count) => count === 0);
  });
});

describe('limits', () => {
  it('hold over all acceptors, and what a killed acceptor had in flight is given back', async (t) => {
    limited!.mood = 'hang';
    const clients = await Promise.all(Array.from({ length: 8 }, () => rawClient(t, port)));
    for (const client of clients) await client.send('GET /limited HTTP/1.1\r\nHost: h\r\n\r\n');
    await limited!.holds(2);
    assert.deepEqual(await answersOf(t, '/limited', 6), Array(6).fill('503 upstream_overloaded'));
    assert.equal(limited!.held, 2);
    const inFlight = async (): Promise<number> =>
      (await readMetrics(gateway)).sum('penstock_endpoint_in_flight', { upstream: 'limited' });
    assert.equal(await inFlight(), 2);
    for (const pid of await gateway.acceptorPids()) process.kill(pid, 'SIGKILL');
    await until('nothing in flight', inFlight, (count) => count === 0);
    limited!.mood = 200;
    await until(
      'served again',
      () => ask(t, '/limited').catch(() => null),
      (answer) => answer?.status === 200,
    );
  });
});

describe('failover', () => {
  it('takes requests whose attempts failed before anybody saw them', async (t) => {
    assert.deepEqual(await answersOf(t, '/down', 4), Array(4).fill('spare'));
    const { status, body } = await ask(t, '/down', 'POST', 'hello');
    assert.equal(`${status} ${body}`, '200 spare');
  });
});

describe('leastRequests', () => {
  it('sends nothing more to the endpoint that holds requests while another is idle', async (t) => {
    slow!.mood = 'hang';
    // Of equals the first in the list is asked first.
    const client = await rawClient(t, port);
    await client.send('GET /least HTTP/1.1\r\nHost: h\r\n\r\n');
    await slow!.holds(1);
    assert.deepEqual(await answersOf(t, '/least', 10), Array(10).fill('quick'));
    slow!.release();
  });
});
