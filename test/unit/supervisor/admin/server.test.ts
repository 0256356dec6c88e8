import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { Readable } from 'node:stream';
import { afterEach, describe, it } from 'node:test';
import type { AdminSource } from '../../../../src/supervisor/admin/admin-source.ts';
import { AdminServer } from '../../../../src/supervisor/admin/server.ts';
import { aStatus } from './a-status.ts';
import { anAdminSource } from './an-admin-source.ts';

const TOKEN = 'correct-horse-battery-staple';
const servers: AdminServer[] = [];
afterEach(() => Promise.all(servers.splice(0).map((server) => server.close())));

const source = anAdminSource();

interface Started {
  readonly port: number;
  readonly failures: unknown[];
  get(path: string, init?: RequestInit): Promise<Response>;
}

async function start(options: { token?: string; source?: Partial<AdminSource> } = {}): Promise<Started> {
  const failures: unknown[] = [];
  const server = new AdminServer({
    address: { host: '127.0.0.1', port: 0 },
    tokens: options.token === undefined ? [] : [{ name: 'admin', token: options.token, role: 'operator' }],
    source: { ...source, ...options.source },
    audit: null,
    report: () => {},
    onFailure: (error) => failures.push(error),
  });
  servers.push(server);
  const port = (await server.listen())!;
  return { port, failures, get: (path, init) => fetch(`http://127.0.0.1:${port}${path}`, init) };
}

const bearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` } });

describe('the admin server', () => {
  it('says that the process is alive', async () => {
    const { get } = await start();
    const response = await get('/healthz');
    assert.deepEqual([response.status, await response.text()], [200, 'ok\n']);
  });

  it('says whether the gateway can take traffic, and why not', async () => {
    let acceptors = aStatus().acceptors;
    const { get } = await start({ source: { status: () => aStatus({ acceptors }) } });
    assert.equal((await get('/readyz')).status, 200);
    acceptors = [];
    const response = await get('/readyz');
    assert.equal(response.status, 503);
    assert.equal(response.headers.get('content-type'), 'application/problem+json');
    const problem = (await response.json()) as { code: string; detail: string };
    assert.deepEqual([problem.code, problem.detail], ['admin_not_ready', 'No acceptor is serving.']);
  });

  it('serves what was counted of latencies, to those who have the token', async () => {
    const { get } = await start({ token: TOKEN });
    assert.equal((await get('/latencies')).status, 401);
    const response = await get('/latencies', bearer(TOKEN));
    assert.equal(response.headers.get('content-type'), 'application/json');
    assert.deepEqual(await response.json(), {
      routes: [{ route: 'catalog', gateway: [[40, 2]], upstream: [[1024, 2]] }],
    });
  });

  it('serves the status and the metrics page, never to be cached', async () => {
    const { get } = await start();
    const status = await get('/status');
    assert.deepEqual(await status.json(), aStatus());
    assert.equal(status.headers.get('cache-control'), 'no-store');
    const metrics = await get('/metrics?name=ignored');
    assert.equal(metrics.headers.get('content-type'), 'text/plain; version=0.0.4');
    assert.equal(await metrics.text(), 'penstock_build_info 1\n');
  });

  it('answers HEAD like GET, without the body', async () => {
    const { get } = await start();
    const response = await get('/healthz', { method: 'HEAD' });
    assert.deepEqual([response.headers.get('content-length'), await response.text()], ['3', '']);
  });

  it('allows nothing but GET and HEAD', async () => {
    const { get } = await start();
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS']) {
      const response = await get('/status', { method });
      assert.deepEqual([response.status, response.headers.get('allow')], [405, 'GET, HEAD']);
    }
  });

  it('answers other paths with 404', async () => {
    const { get } = await start();
    for (const path of ['/', '/status/', '/STATUS', '/__proto__', '/healthz%00']) {
      assert.equal((await get(path)).status, 404, path);
    }
  });

  it('tells a client nothing about a failure', async () => {
    const broken = new Error('the secret is hunter2');
    const status = () => {
      throw broken;
    };
    const { get, failures } = await start({ source: { status, metrics: () => Promise.reject(broken) } });
    for (const path of ['/status', '/metrics', '/readyz']) {
      const response = await get(path);
      assert.equal(response.status, 500);
      assert.ok(!(await response.text()).includes('hunter2'));
    }
    assert.deepEqual(failures, [broken, broken, broken]);
  });

  it('cannot be started twice on one address', async () => {
    const { port } = await start();
    const second = new AdminServer({
      address: { host: '127.0.0.1', port },
      tokens: [],
      source,
      audit: null,
      report: () => {},
      onFailure: () => {},
    });
    await assert.rejects(second.listen(), { code: 'EADDRINUSE' });
    await second.close();
  });
});

describe('an answer that is streamed', () => {
  const record = (stream: Readable) => ({ source: { record: () => ({ number: 7, stream }) } });

  it('comes as it is made, and to its end although the server closes', async () => {
    const stream = new Readable({ read: () => {} });
    const { get } = await start(record(stream));
    stream.push('first\n');
    const response = await get('/recordings', { method: 'POST', body: '{}' });
    assert.equal(response.headers.get('content-type'), 'application/x-ndjson');
    assert.equal(response.headers.get('penstock-recording'), '7');
    const reader = response.body!.getReader();
    assert.equal(Buffer.from((await reader.read()).value!).toString(), 'first\n');
    const closed = servers.splice(0)[0]!.close();
    stream.push('last\n');
    stream.push(null);
    assert.equal(Buffer.from((await reader.read()).value!).toString(), 'last\n');
    assert.equal((await reader.read()).done, true);
    await closed;
  });

  it('is given up when its reader leaves', async () => {
    const stream = new Readable({ read: () => {} });
    const { get } = await start(record(stream));
    stream.push('first\n');
    const reader = new AbortController();
    await get('/recordings', { method: 'POST', body: '', signal: reader.signal });
    const closed = new Promise((resolve) => stream.on('close', resolve));
    reader.abort();
    await closed;
  });

  it('is no answer to a request that is none, or to one too many', async () => {
    const { get } = await start();
    const statusOf = async (path: string, body: string) => (await get(path, { method: 'POST', body })).status;
    assert.equal(await statusOf('/recordings', '[]'), 400);
    assert.equal(await statusOf('/recordings', '{}'), 409);
    assert.equal(await statusOf('/recordings/stop', '{}'), 400);
    assert.equal(await statusOf('/recordings/stop', '{"recording":1}'), 200);
    assert.equal((await get('/recordings')).status, 405);
  });
});

describe('the admin token', () => {
  it('opens what needs it, in any spelling of the scheme', async () => {
    const { get } = await start({ token: TOKEN });
    for (const scheme of ['Bearer', 'bearer', 'BEARER']) {
      const response = await get('/metrics', { headers: { authorization: `${scheme} ${TOKEN}` } });
      assert.equal(response.status, 200);
    }
  });

  it('is asked for, whatever is wrong with the one that came, and never told', async () => {
    const { get } = await start({ token: TOKEN });
    const wrong = ['', 'Bearer', 'Bearer ', `Basic ${TOKEN}`, TOKEN, `Bearer ${TOKEN}x`, `Bearer ${TOKEN.slice(1)}`];
    for (const authorization of [...wrong, `Bearer ${TOKEN} ${TOKEN}`, `Bearer ${'x'.repeat(8000)}`]) {
      for (const path of ['/status', '/metrics', '/no-such-thing']) {
        const response = await get(path, { headers: { authorization } });
        assert.deepEqual([response.status, (await response.text()).includes(TOKEN)], [401, false]);
        assert.match(response.headers.get('www-authenticate')!, /^Bearer /);
      }
    }
    assert.equal((await get('/status')).status, 401);
  });

  it('is not needed for health and readiness, and does no harm there', async () => {
    const { get } = await start({ token: TOKEN });
    assert.equal((await get('/healthz')).status, 200);
    assert.equal((await get('/readyz', bearer('wrong'))).status, 200);
  });
});

describe('the limits of the admin server', () => {
  it('hold against a head that is too large', async () => {
    const { get } = await start();
    assert.equal((await get('/status', { headers: { 'x-large': 'x'.repeat(20_000) } })).status, 431);
  });

  it('hold against a client that never ends its request', async () => {
    const { port } = await start();
    const socket = connect(port, '127.0.0.1');
    socket.write('GET /healthz HTTP/1.1\r\nHost: x\r\n');
    socket.resume();
    await once(socket, 'end');
    socket.destroy();
  });

  it('hold against too many connections', async () => {
    const { port, get } = await start();
    const sockets = Array.from({ length: 64 }, () => connect(port, '127.0.0.1'));
    await Promise.all(sockets.map((socket) => once(socket, 'connect')));
    await assert.rejects(get('/healthz'));
    for (const socket of sockets) socket.destroy();
  });

  it('let it close at once, whatever its clients do', async () => {
    const { port } = await start();
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    socket.on('error', () => {});
    const closed = once(socket, 'close');
    await servers.pop()!.close();
    await closed;
  });
});
