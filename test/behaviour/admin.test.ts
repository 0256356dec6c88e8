import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { before, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { type Metrics, readMetrics, readStatus, until } from '../support/admin.ts';
import { fileLifetime } from '../support/file-lifetime.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';
import { rawClient, requestOnce } from '../support/raw-client.ts';
import { rawOrigin } from '../support/raw-origin.ts';
import { recordingOrigin } from '../support/recording-origin.ts';
import { parseExposition } from '../unit/telemetry/exposition.ts';

const file = fileLifetime();
/** How long the slow origin takes: far more than a gateway does on a busy machine. */
const SLOW_MS = 400;
const SECRET = 'open-sesame-open-sesame';
let gateway: Gateway;
let port: number;

before(async () => {
  const origin = await recordingOrigin(file);
  origin.answer('missing', { status: 404, body: 'no' });
  origin.answer('broken', { status: 500 });
  origin.answer('moved', { status: 302, headers: [['location', '/']] });
  origin.answer('slow', async (response) => {
    await delay(SLOW_MS);
    response.end('slow');
  });
  const rude = await rawOrigin(file, async (connection) => {
    await connection.readHead();
    await connection.reset();
  });
  const config = {
    version: 1,
    listeners: [{ name: 'public', address: '127.0.0.1:0' }],
    admin: { address: '127.0.0.1:0' },
    runtime: { acceptors: 2 },
    telemetry: { accessLog: 'none' },
    upstreams: {
      good: { endpoints: [origin.url] },
      rude: { endpoints: [rude.url] },
      unused: { endpoints: [origin.url] },
    },
    routes: [
      { name: 'good', match: { path: '/good' }, forward: { upstream: 'good' } },
      { name: 'slow', match: { path: '/slow' }, forward: { upstream: 'good' } },
      { name: 'rude', match: { path: '/rude' }, forward: { upstream: 'rude', retries: 0 } },
    ],
  };
  gateway = await startGateway(file, config);
  port = gateway.portOf('public');
});

const request = (path: string, answer = '-', more = '') =>
  `POST ${path} HTTP/1.1\r\nHost: a\r\nx-test-answer: ${answer}\r\nContent-Length: 4\r\n${more}\r\nping`;

const get = (path: string, headers: Record<string, string> = {}) =>
  fetch(new URL(path, gateway.urlOf('admin')), { headers });

describe('GET /metrics', () => {
  let metrics: Metrics;

  before(async () => {
    for (const answer of ['-', '-', 'missing', 'broken', 'moved'])
      await requestOnce(file, port, request('/good', answer));
    await requestOnce(file, port, request('/slow', 'slow'));
    for (let i = 0; i < 3; i++) await requestOnce(file, port, request('/rude'));
    await requestOnce(file, port, request('/nothing'));
    metrics = await readMetrics(gateway);
  });

  it('is well-formed Prometheus text', () => {
    assert.ok(parseExposition(metrics.text).length > 20);
  });

  it('counts requests by route, upstream and status class', () => {
    const classes = (name: string, labels: Record<string, string>) =>
      ['2xx', '3xx', '4xx', '5xx'].map((status_class) => metrics.sum(name, { ...labels, status_class }));
    assert.deepEqual(classes('penstock_requests_total', { route: 'good' }), [2, 1, 1, 1]);
    assert.deepEqual(classes('penstock_requests_total', { route: 'rude' }), [0, 0, 0, 3]);
    assert.deepEqual(classes('penstock_requests_total', { route: '-' }), [0, 0, 1, 0], 'what no route was found for');
    assert.deepEqual(classes('penstock_upstream_requests_total', { upstream: 'good' }), [3, 1, 1, 1]);
    assert.deepEqual(classes('penstock_upstream_requests_total', { upstream: 'rude' }), [0, 0, 0, 3]);
  });

  it('counts bytes of bodies both ways', () => {
    assert.equal(metrics.sum('penstock_request_bytes_total', { route: 'good' }), 5 * 'ping'.length);
    assert.equal(
      metrics.sum('penstock_response_bytes_total', { route: 'good' }),
      2 * 'recorded\n'.length + 'no'.length,
    );
  });

  it("counts the gateway's own errors by code, and not what upstreams answer", () => {
    assert.equal(metrics.sum('penstock_gateway_errors_total', { route: 'good' }), 0);
    assert.equal(metrics.sum('penstock_gateway_errors_total', { route: 'rude', code: 'upstream_closed' }), 3);
    assert.equal(metrics.sum('penstock_upstream_errors_total', { upstream: 'rude', code: 'upstream_closed' }), 3);
    assert.equal(metrics.sum('penstock_gateway_errors_total', { route: '-', code: 'route_not_found' }), 1);
  });

  it('tells time in the gateway from time at the upstream', () => {
    const upstreamS = metrics.sum('penstock_upstream_seconds_sum', { route: 'slow' });
    const gatewayS = metrics.sum('penstock_gateway_seconds_sum', { route: 'slow' });
    assert.ok(upstreamS >= (SLOW_MS - 5) / 1000, `upstream ${upstreamS} s`);
    assert.ok(gatewayS < SLOW_MS / 2 / 1000, `gateway ${gatewayS} s`);
    assert.equal(metrics.sum('penstock_gateway_seconds_count', { route: 'slow' }), 1);
  });

  it('shows open connections and exchanges in flight as they are now', async (t) => {
    const reading = () => readMetrics(gateway);
    await until('quiet', reading, (now) => now.sum('penstock_connections') === 0);
    const clients = await Promise.all([1, 2, 3].map(() => rawClient(t, port)));
    for (const client of clients) await client.exchange(request('/good'));
    await until('three open', reading, (now) => now.sum('penstock_connections') === 3);
    for (const { socket } of clients) socket.destroy();
    await until('none open', reading, (now) => now.sum('penstock_connections') === 0);
  });
});

describe('the status', () => {
  it('shows acceptors, and the traffic of routes and upstreams', async () => {
    const status = await readStatus(gateway);
    assert.deepEqual(
      status.acceptors.map(({ state, generation }) => [state, generation]),
      [
        ['serving', 1],
        ['serving', 1],
      ],
    );
    assert.deepEqual(
      status.acceptors.map(({ pid }) => pid),
      await gateway.acceptorPids(),
    );
    const rude = status.routes.find(({ name }) => name === 'rude')!;
    assert.deepEqual([rude.requests, rude.serverErrors, rude.gatewayErrors], [3, 3, 3]);
    assert.equal(status.unrouted, 1);
    assert.ok(status.routes.find(({ name }) => name === 'slow')!.upstreamMs.p50! >= SLOW_MS * 0.9);
  });
});

describe('clients of the admin address', () => {
  it('that never read keep nobody else from an answer', async (t) => {
    for (let i = 0; i < 20; i++) {
      const socket = connect(Number(new URL(gateway.urlOf('admin')).port), '127.0.0.1');
      t.after(() => socket.destroy());
      socket.on('error', () => {});
      socket.pause();
      socket.write('GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(200));
    }
    assert.equal((await get('/healthz')).status, 200);
    assert.equal((await get('/readyz')).status, 200);
    assert.equal((await requestOnce(t, port, request('/good'))).status, 200);
  });

  it('need the token for metrics and status, not for health and readiness', async (t) => {
    const guarded = await startGateway(
      t,
      {
        version: 1,
        listeners: [{ name: 'public', address: '127.0.0.1:0' }],
        // biome-ignore lint/suspicious/noTemplateCurlyInString: a reference of the config, not of JavaScript
        admin: { address: '127.0.0.1:0', token: '${env:TEST_TOKEN}' },
        runtime: { acceptors: 1 },
      } as never,
      { env: { TEST_TOKEN: SECRET } },
    );
    const statusOf = async (path: string, token?: string) => {
      const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
      const response = await fetch(new URL(path, guarded.urlOf('admin')), { headers });
      assert.doesNotMatch(await response.text(), new RegExp(SECRET));
      return response.status;
    };
    for (const path of ['/metrics', '/status', '/nothing']) {
      assert.equal(await statusOf(path), 401, path);
      assert.equal(await statusOf(path, 'wrong'), 401, path);
    }
    assert.deepEqual([await statusOf('/metrics', SECRET), await statusOf('/status', SECRET)], [200, 200]);
    assert.deepEqual([await statusOf('/healthz'), await statusOf('/readyz')], [200, 200]);
  });
});
