import assert from 'node:assert/strict';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import { readMetrics, until } from '../support/admin.ts';
import { fileLifetime } from '../support/file-lifetime.ts';
import { startGateway } from '../support/gateway.ts';
import { rawClient, requestOnce } from '../support/raw-client.ts';
import { rawOrigin } from '../support/raw-origin.ts';
import { type SimpleOrigin, simpleOrigin } from '../support/simple-origin.ts';
import { steadyLoad } from '../support/steady-load.ts';
import { tempDir } from '../support/temp-dir.ts';

const file = fileLifetime();
let origin: SimpleOrigin;
let rudeUrl: string;

before(async () => {
  origin = await simpleOrigin(file, (request, response) => {
    request.resume();
    request.on('end', () => response.end('ok'));
  });
  const rude = await rawOrigin(file, async (connection) => {
    await connection.readHead();
    await connection.reset();
  });
  rudeUrl = rude.url;
});

const configOf = (accessLog: unknown) => ({
  version: 1,
  listeners: [{ name: 'public', address: '127.0.0.1:0' }],
  admin: { address: '127.0.0.1:0' },
  runtime: { acceptors: 2 },
  telemetry: { accessLog },
  upstreams: { origin: { endpoints: [origin.url] }, rude: { endpoints: [rudeUrl] } },
  routes: [
    { name: 'all', match: { path: '/*' }, forward: { upstream: 'origin' } },
    { name: 'rude', match: { path: '/rude' }, forward: { upstream: 'rude' } },
  ],
});

type Line = Readonly<Record<string, string | number | null>>;

/** The log lines among what was printed; every line that begins like one must be whole. */
function linesIn(text: string): Line[] {
  return text
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Line);
}

describe('the access log on standard output', () => {
  it('has one line for each exchange with what happened to it', async (t) => {
    const gateway = await startGateway(t, configOf({ to: 'stdout' }));
    const port = gateway.portOf('public');
    const client = await rawClient(t, port);
    await client.exchange(
      'POST /some/path?secret=1 HTTP/1.1\r\nHost: Shop.Example.com:80\r\nContent-Length: 5\r\n\r\nhello',
    );
    await client.exchange('GET /rude HTTP/1.1\r\nHost: a\r\n\r\n');
    assert.deepEqual(await gateway.stop(), { code: 0, signal: null });
    const lines = linesIn(gateway.stdout);
    assert.equal(lines.length, 2);
    const [first, second] = lines;
    const { time, requestId, gatewayMs, upstreamMs, transferMs, ...facts } = first!;
    assert.deepEqual(facts, {
      clientIp: '127.0.0.1',
      listener: 'public',
      method: 'POST',
      host: 'shop.example.com',
      path: '/some/path',
      status: 200,
      error: null,
      route: 'all',
      upstream: 'origin',
      endpoint: origin.url,
      consumer: null,
      attempts: 1,
      bytesIn: 5,
      bytesOut: 2,
    });
    assert.ok(Math.abs(Date.parse(time as string) - Date.now()) < 60_000);
    assert.match(requestId as string, /^[0-9a-f]{16,}$/);
    for (const ms of [gatewayMs, upstreamMs, transferMs]) assert.ok((ms as number) >= 0);
    assert.deepEqual([second!['status'], second!['error'], second!['upstream']], [502, 'upstream_closed', 'rude']);
  });

  it('has every line whole and once, from two acceptors through one pipe', async (t) => {
    const gateway = await startGateway(t, configOf({ to: 'stdout' }));
    const load = steadyLoad(t, { port: gateway.portOf('public'), keepAlive: 6, newConnections: 2 });
    await load.more(3000);
    await load.stop();
    await gateway.stop();
    const ids = linesIn(gateway.stdout).map((line) => line['requestId'] as string);
    assert.equal(ids.length, load.answered);
    assert.equal(new Set(ids).size, ids.length);
    assert.equal(new Set(ids.map((id) => id.slice(0, 16))).size, 2, 'both acceptors wrote');
  });

  it('with sample: 0 still has every exchange that ended with an error of the gateway', async (t) => {
    const gateway = await startGateway(t, configOf({ to: 'stdout', sample: 0 }));
    const port = gateway.portOf('public');
    for (let i = 0; i < 20; i++) await requestOnce(t, port, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    await requestOnce(t, port, 'GET /rude HTTP/1.1\r\nHost: a\r\n\r\n');
    await gateway.stop();
    assert.deepEqual(
      linesIn(gateway.stdout).map(({ error }) => error),
      ['upstream_closed'],
    );
  });
});

describe('an access log that does not take its lines', () => {
  for (const [what, to] of [
    ['a full disk', { file: '/dev/full' }],
    ['a reader that does not read', 'stdout'],
  ] as const) {
    it(`${what} loses lines, which are counted, and never a request`, async (t) => {
      const gateway = await startGateway(t, configOf({ to }));
      if (to === 'stdout') gateway.stopReading();
      // Long lines: the buffers in between are full after a few thousand.
      const path = `/${'x'.repeat(3_000)}`;
      const load = steadyLoad(t, { port: gateway.portOf('public'), path, keepAlive: 8, newConnections: 0 });
      await load.more(3500, 60_000);
      const lost = await until(
        'lost',
        async () => (await readMetrics(gateway)).sum('penstock_access_log_dropped_total'),
        (lines) => lines > 0,
      );
      await load.stop();
      assert.deepEqual(load.failures, []);
      assert.deepEqual([...load.statuses], [[200, load.answered]]);
      assert.ok(lost < load.answered);
      if (to !== 'stdout') assert.match(gateway.stderr, /penstock: the access log loses lines: ENOSPC/);
    });
  }

  it('a terminal that is gone takes nothing down', async (t) => {
    const gateway = await startGateway(t, configOf({ to: 'stdout' }));
    const port = gateway.portOf('public');
    gateway.hangUp();
    const pids = await gateway.acceptorPids();
    for (let i = 0; i < 20; i++) {
      assert.equal((await requestOnce(t, port, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n')).status, 200);
    }
    gateway.signal('SIGHUP');
    const generation = async () => (await readMetrics(gateway)).sum('penstock_config_published_generation');
    await until('reloaded', generation, (number) => number === 2);
    assert.deepEqual(await gateway.acceptorPids(), pids, 'an acceptor died');
  });
});

describe('the access log in a file', () => {
  it('goes on in a new file after a rotation and SIGHUP, without losing a line', async (t) => {
    const path = join(tempDir(t), 'access.log');
    const gateway = await startGateway(t, configOf({ to: { file: path } }));
    const load = steadyLoad(t, { port: gateway.portOf('public') });
    await load.more(300);
    renameSync(path, `${path}.1`);
    gateway.signal('SIGHUP');
    await gateway.printed(/generation 2 is live/);
    assert.ok(existsSync(path));
    await load.more(300);
    await load.stop();
    await gateway.stop();
    const [old, current] = [`${path}.1`, path].map((name) => linesIn(readFileSync(name, 'utf8')));
    assert.ok(old!.length >= 300 && current!.length > 0);
    assert.equal(new Set([...old!, ...current!].map(({ requestId }) => requestId)).size, load.answered);
  });

  it('is begun, moved and ended by a reload', async (t) => {
    const path = join(tempDir(t), 'access.log');
    const gateway = await startGateway(t, configOf('none'));
    const ask = () => requestOnce(t, gateway.portOf('public'), 'GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    const publish = async (accessLog: unknown, generation: number) => {
      writeFileSync(gateway.configPath, JSON.stringify(configOf(accessLog)));
      gateway.signal('SIGHUP');
      await gateway.printed(new RegExp(`generation ${generation} is live`));
    };
    await ask();
    await publish({ to: { file: path } }, 2);
    await ask();
    await publish('none', 3);
    await ask();
    await gateway.stop();
    assert.equal(linesIn(readFileSync(path, 'utf8')).length, 1);
  });
});
