import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { before, describe, it } from 'node:test';
import { readMetrics, readStatus, until } from '../support/admin.ts';
import { fileLifetime } from '../support/file-lifetime.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';
import type { Lifetime } from '../support/lifetime.ts';
import { residentBytes } from '../support/processes.ts';
import { rawClient, requestOnce } from '../support/raw-client.ts';
import { type SimpleOrigin, simpleOrigin } from '../support/simple-origin.ts';
import { type LoadAnswer, steadyLoad } from '../support/steady-load.ts';

const file = fileLifetime();
/** Two origins that say who they are and which path they were asked for. */
const origins: Record<'a' | 'b', SimpleOrigin> = {} as never;
/** Answers of origin a to /held that the test has not given yet. */
const held: ServerResponse[] = [];

before(async () => {
  for (const name of ['a', 'b'] as const) {
    origins[name] = await simpleOrigin(file, (request, response) => {
      response.setHeader('x-origin', name);
      if (request.url === '/held') held.push(response);
      else response.end(request.url);
    });
  }
});

interface Shape {
  readonly upstreams?: object;
  readonly routes?: readonly object[];
  readonly listener?: object;
  readonly more?: object;
}

function configOf({ upstreams, routes, listener, more }: Shape = {}) {
  return {
    version: 1,
    listeners: [{ name: 'public', address: '127.0.0.1:0', ...listener }],
    admin: { address: '127.0.0.1:0' },
    runtime: { acceptors: 2 },
    telemetry: { accessLog: 'none' },
    upstreams: upstreams ?? { a: { endpoints: [origins.a.url] } },
    routes: routes ?? [{ name: 'all', match: { path: '/*' }, forward: { upstream: 'a' } }],
    ...more,
  };
}

const start = (lifetime: Lifetime, shape?: Shape) => startGateway(lifetime, configOf(shape));

function rewrite(gateway: Gateway, config: object | string): void {
  writeFileSync(gateway.configPath, typeof config === 'string' ? config : JSON.stringify(config, null, 2));
}

/** Publishes a config and waits until every acceptor serves it. */
async function publish(gateway: Gateway, config: object, generation: number): Promise<void> {
  rewrite(gateway, config);
  gateway.signal('SIGHUP');
  await gateway.printed(new RegExp(`penstock: generation ${generation} is live`));
}

/** Has a config refused; returns what was printed. */
async function refuse(gateway: Gateway, config: object | string): Promise<string> {
  const printedBefore = gateway.stderr.length;
  rewrite(gateway, config);
  gateway.signal('SIGHUP');
  await until(
    'refused',
    async () => gateway.stderr.slice(printedBefore),
    (text) => /the config was not taken; generation \d+ goes on\.\n.+\n/.test(text),
  );
  return gateway.stderr.slice(printedBefore);
}

const get = (path: string, host = 'a') => `GET ${path} HTTP/1.1\r\nHost: ${host}\r\n\r\n`;

describe('SIGHUP with a valid config', () => {
  it('is live on every acceptor; an exchange in flight ends on the snapshot it began with', async (t) => {
    const gateway = await start(t);
    const port = gateway.portOf('public');
    const inFlight = await rawClient(t, port);
    await inFlight.send(get('/held'));
    await until(
      'held',
      async () => held.length,
      (count) => count === 1,
    );
    const routes = [{ name: 'other', match: { path: '/only/*' }, forward: { upstream: 'b' } }];
    await publish(gateway, configOf({ upstreams: { b: { endpoints: [origins.b.url] } }, routes }), 2);

    for (let i = 0; i < 20; i++) {
      assert.equal((await requestOnce(t, port, get('/'))).status, 404);
      assert.equal((await requestOnce(t, port, get('/only/me'))).header('x-origin'), 'b');
    }
    held.pop()!.end('from the old one');
    const answer = await inFlight.readResponse();
    assert.deepEqual([answer.header('x-origin'), answer.body.toString()], ['a', 'from the old one']);
    assert.equal((await inFlight.exchange(get('/only/me'))).header('x-origin'), 'b', 'the connection stays');

    const { config, acceptors } = await readStatus(gateway);
    assert.deepEqual([config.generation, config.lastError], [2, null]);
    assert.deepEqual(
      acceptors.map(({ generation }) => generation),
      [2, 2],
    );
    const metrics = await readMetrics(gateway);
    assert.deepEqual(metrics.all('penstock_config_generation'), [2, 2]);
    assert.equal(metrics.sum('penstock_config_published_generation'), 2);
  });

  it('keeps the connections of upstreams that did not change, and lets go of those that did', async (t) => {
    const gateway = await start(t, {
      upstreams: { a: { endpoints: [origins.a.url] }, b: { endpoints: [origins.b.url] } },
      routes: ['a', 'b'].map((name) => ({ name, match: { path: `/${name}` }, forward: { upstream: name } })),
    });
    const clients = await Promise.all(Array.from({ length: 8 }, () => rawClient(t, gateway.portOf('public'))));
    const askAll = async () => {
      for (const client of clients) for (const path of ['/a', '/b']) await client.exchange(get(path));
    };
    await askAll();
    const open = (upstream: string) => async () =>
      (await readMetrics(gateway)).sum('penstock_upstream_connections', { upstream });
    await until('counted', open('b'), (count) => count > 0);
    const made = origins.a.connectionCount();
    const routes = [{ name: 'a', match: { path: '/*' }, forward: { upstream: 'a' } }];
    await publish(gateway, configOf({ routes }), 2);
    await askAll();
    assert.equal(origins.a.connectionCount(), made, 'connections to an unchanged upstream were made anew');
    await until('let go', open('b'), (count) => count === 0);
  });

  it('brings changed listener settings by replacing the acceptors, and fails no request', async (t) => {
    const gateway = await start(t);
    const load = steadyLoad(t, { port: gateway.portOf('public') });
    await load.more(200);
    const old = await gateway.acceptorPids();
    const long = `GET / HTTP/1.1\r\nHost: a\r\nx-long: ${'x'.repeat(2000)}\r\n\r\n`;
    assert.equal((await requestOnce(t, gateway.portOf('public'), long)).status, 200);
    await publish(gateway, configOf({ listener: { limits: { headerBytes: '1KiB' } } }), 2);
    await gateway.printed(/every acceptor is a new process/);
    // A predecessor may take one more connection until it has heard that it is to drain.
    await until(
      'the new limit',
      () => requestOnce(t, gateway.portOf('public'), long),
      ({ status }) => status === 431,
    );
    await load.more(200);
    await load.stop();
    assert.deepEqual(load.failures, []);
    assert.deepEqual(
      (await gateway.acceptorPids()).filter((pid) => old.includes(pid)),
      [],
    );
  });

  it('twice quickly ends with the newest', async (t) => {
    const gateway = await start(t);
    const named = (name: string) =>
      configOf({ routes: [{ name, match: { path: `/${name}` }, forward: { upstream: 'a' } }] });
    rewrite(gateway, named('first'));
    gateway.signal('SIGHUP');
    rewrite(gateway, named('second'));
    gateway.signal('SIGHUP');
    const port = gateway.portOf('public');
    // The config it began with answers both paths, the first new one the other of the two: only the newest answers so.
    const statuses = async () =>
      Promise.all(['/first', '/second'].map(async (path) => (await requestOnce(t, port, get(path))).status));
    await until('second', statuses, (seen) => seen.join() === '404,200');
    await until(
      'settled',
      () => readStatus(gateway),
      ({ config, acceptors }) => acceptors.every(({ generation }) => generation === config.generation),
    );
    for (let i = 0; i < 10; i++) assert.deepEqual(await statuses(), [404, 200]);
  });

  it('is taken up by an acceptor that was killed while it was published', async (t) => {
    const gateway = await start(t);
    const pids = await gateway.acceptorPids();
    rewrite(gateway, configOf({ routes: [{ name: 'new', match: { path: '/new' }, forward: { upstream: 'a' } }] }));
    for (const pid of pids) process.kill(pid, 'SIGSTOP');
    gateway.signal('SIGHUP');
    await until(
      'published',
      () => readStatus(gateway),
      ({ config }) => config.generation === 2,
    );
    for (const pid of pids) process.kill(pid, 'SIGKILL');
    await gateway.printed(/generation 2 is live/);
    assert.equal((await requestOnce(t, gateway.portOf('public'), get('/new'))).status, 200);
    await publish(gateway, configOf(), 3);
    assert.equal((await requestOnce(t, gateway.portOf('public'), get('/new'))).body.toString(), '/new');
  });
});

describe('SIGHUP with a config that cannot be taken', () => {
  const FAULTS: readonly (readonly [what: string, config: () => object | string, message: RegExp])[] = [
    ['text that does not parse', () => 'version: [', /penstock\.yaml:1:\d+: /],
    ['an unknown key', () => configOf({ more: { extra: 1 } }), /penstock\.yaml:\d+:\d+: .*extra/],
    [
      'a dangling upstream',
      () => configOf({ routes: [{ name: 'x', match: { path: '/' }, forward: { upstream: 'nowhere' } }] }),
      /:\d+:\d+: .*nowhere/,
    ],
    [
      'another address',
      () => configOf({ listener: { address: '127.0.0.2:0' } }),
      /names and addresses of listeners cannot change while the gateway runs, expected a restart/,
    ],
    [
      'another number of acceptors',
      () => configOf({ more: { runtime: { acceptors: 3 } } }),
      /runtime\.acceptors and runtime\.memory cannot change/,
    ],
    [
      'other memory',
      () => configOf({ more: { runtime: { acceptors: 2, memory: { config: '1MiB' } } } }),
      /runtime\.memory cannot change/,
    ],
    [
      'another admin token',
      () => configOf({ more: { admin: { address: '127.0.0.1:0', token: 'a-new-secret' } } }),
      /address, tokens and audit log of admin cannot change/,
    ],
  ];

  it('changes nothing, says why on the terminal and in the status, and the next good one is taken', async (t) => {
    const gateway = await start(t);
    const port = gateway.portOf('public');
    for (const [what, config, message] of FAULTS) {
      const printed = await refuse(gateway, config());
      assert.match(printed, message, what);
      assert.doesNotMatch(printed, /a-new-secret/);
      const { config: shown } = await readStatus(gateway);
      assert.equal(shown.generation, 1, what);
      assert.match(shown.lastError!.message, message, what);
      assert.equal((await requestOnce(t, port, get('/'))).status, 200, what);
    }
    await publish(gateway, configOf(), 2);
    assert.equal((await readStatus(gateway)).config.lastError, null);
  });
});

describe('two hundred reloads under a steady load', () => {
  it('fail no request, mix no two configs, and leave memory as it was', async (t) => {
    // Every part of an answer says which config it is from: the route (by its rewritten path) and the upstream.
    const of = (name: 'a' | 'b') =>
      configOf({
        upstreams: { origin: { endpoints: [origins[name].url] } },
        routes: [
          {
            name: 'all',
            match: { path: '/x/*' },
            forward: { upstream: 'origin', ...(name === 'a' ? { stripPrefix: '/x' } : {}) },
          },
        ],
      });
    const WHOLE = new Set(['a /1', 'b /x/1']);
    const seen = new Map<string, number>();
    const onAnswer = ({ header, body }: LoadAnswer) => {
      const answer = `${header('x-origin')} ${body}`;
      seen.set(answer, (seen.get(answer) ?? 0) + 1);
    };
    // Young objects are given little room, so that what grows is what stays.
    const gateway = await startGateway(t, of('a'), { env: { NODE_OPTIONS: '--max-semi-space-size=2' } });
    const load = steadyLoad(t, {
      port: gateway.portOf('public'),
      path: '/x/1',
      keepAlive: 2,
      newConnections: 2,
      onAnswer,
    });
    await load.more(100);
    const pids = [gateway.pid, ...(await gateway.acceptorPids())];
    const resident = () => pids.map(residentBytes);
    let generation = 1;
    const reload = async (times: number) => {
      for (let i = 0; i < times; i++) await publish(gateway, of(++generation % 2 === 0 ? 'b' : 'a'), generation);
    };
    await reload(100);
    const halfway = resident();
    await reload(100);
    const end = resident();
    await load.more(100);
    await load.stop();
    assert.deepEqual(load.failures, []);
    assert.deepEqual([...load.statuses.keys()], [200]);
    assert.deepEqual(
      [...seen.keys()].filter((answer) => !WHOLE.has(answer)),
      [],
    );
    assert.equal(seen.size, 2, 'both configs were seen');
    for (const [index, bytes] of end.entries()) {
      const growth = bytes - halfway[index]!;
      assert.ok(growth < 16 * 1024 ** 2, `process ${index} grew by ${growth} bytes over the second hundred`);
    }
    t.diagnostic(
      `${load.answered} requests, ${generation - 1} reloads; growth ${end.map((bytes, i) => ((bytes - halfway[i]!) / 2 ** 20).toFixed(1))} MiB`,
    );
  });
});
