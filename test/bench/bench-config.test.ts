import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { budgetsOf } from '../../bench/config-budgets.ts';
import { type BenchConfig, benchConfig, originsFor } from '../../bench/run/bench-config.ts';
import { type LoadedConfig, loadConfig } from '../../src/config/load.ts';
import { tempDir } from '../support/temp-dir.ts';

const SECRET = 'a-secret-that-nobody-prints';
const CONFIG = `
version: 1
listeners:
  - { name: internal, address: "unix:/run/penstock.sock", trustedProxies: [10.0.0.0/8] }
  - { name: public, address: "0.0.0.0:8080" }
admin: { address: "0.0.0.0:9901", token: "\${file:secrets/token}" }
runtime: { acceptors: auto, offload: { threads: 0 } }
telemetry: { accessLog: { to: { file: /var/log/penstock.log } } }
budget: { errors: 1%, overhead: { p99: 5ms } }
consumers:
  acme: { keys: ["\${env:ACME_KEY}"] }
upstreams:
  orders:
    endpoints: [https://a.example, { url: https://b.example, weight: 3 }, https://c.example, https://d.example]
    tls: { verify: false }
routes:
  - name: orders
    match: { path: /orders/* }
    policies: [{ validate: { body: schemas/order.json } }]
    forward: { upstream: orders }
    budget: { p99: 20ms, errors: 0.1% }
  - name: rest
    match: { path: /* }
    policies: [{ respond: { status: 204 } }]
tests:
  - { request: { method: GET, url: /elsewhere }, expect: { outcome: answer } }
`;

const PLACE = {
  folder: '/bench',
  listenerPorts: [4001, 4002],
  adminPort: 4003,
  originPorts: [5001, 5002, 5003],
  acceptors: 1,
};
const ENVIRONMENT = { ACME_KEY: SECRET };

function load(t: TestContext): LoadedConfig {
  const folder = tempDir(t);
  for (const [name, text] of Object.entries({
    'penstock.yaml': CONFIG,
    'secrets/token': SECRET,
    'schemas/order.json': '{ "type": "object" }',
    // A file that is called like something in the config is not meant by it.
    orders: '',
  })) {
    mkdirSync(join(folder, name, '..'), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  const { loaded, diagnostics } = loadConfig(join(folder, 'penstock.yaml'), ENVIRONMENT);
  assert.deepEqual(diagnostics, []);
  return loaded!;
}

/** The text as a gateway would load it, from a folder of its own. */
function reload(t: TestContext, { text }: BenchConfig): LoadedConfig['config'] {
  const file = join(tempDir(t), 'penstock.json');
  writeFileSync(file, text);
  const { loaded, diagnostics } = loadConfig(file, ENVIRONMENT);
  assert.deepEqual(diagnostics, []);
  return loaded!.config;
}

describe("a user's config as the bench runs it", () => {
  it('is the same on other addresses: loopback for whoever asks it, origins for whom it asks', (t) => {
    const loaded = load(t);
    assert.equal(originsFor(loaded.config), 3);
    const moved = benchConfig(loaded, PLACE);
    const config = reload(t, moved);
    assert.deepEqual(
      config.listeners.map(({ name, address, trustedProxies }) => [name, address, trustedProxies]),
      [
        ['internal', { host: '127.0.0.1', port: 4001 }, ['10.0.0.0/8', '127.0.0.1/32']],
        ['public', { host: '127.0.0.1', port: 4002 }, ['127.0.0.1/32']],
      ],
    );
    assert.deepEqual(config.admin.address, { host: '127.0.0.1', port: 4003 });
    assert.equal(config.telemetry.accessLog, 'none');
    assert.deepEqual([config.runtime.acceptors, config.runtime.offload.threads], [1, 0]);
    assert.deepEqual(
      config.upstreams['orders']!.endpoints.map(({ url, weight }) => [url.name, weight]),
      [
        ['http://127.0.0.1:5001', 1],
        ['http://127.0.0.1:5002', 3],
        ['http://127.0.0.1:5003', 1],
      ],
    );
    assert.deepEqual(config.routes, reloadedRoutes(loaded));
    assert.deepEqual(moved.listener, { name: 'internal', port: 4001, tls: false });
    assert.equal(moved.notes.length, 2);
  });

  it('holds no secret, and nothing that a gateway from before budgets would refuse', (t) => {
    const { text } = benchConfig(load(t), PLACE);
    assert.ok(!text.includes(SECRET));
    assert.match(text, /\$\{env:ACME_KEY\}/);
    assert.doesNotMatch(text, /budget|"tests"/);
  });

  it('keeps the endpoints when it is told to', (t) => {
    const loaded = load(t);
    const { upstreams } = reload(t, benchConfig(loaded, { ...PLACE, originPorts: null }));
    assert.deepEqual(upstreams, loaded.config.upstreams);
  });
});

/** Without what only the bench reads, and with their files where they are. */
function reloadedRoutes({ config, source }: LoadedConfig): unknown {
  const folder = join(source.locate([]).file, '..');
  return config.routes.map(({ budget: _, ...route }) => ({
    ...route,
    policies: route.policies.map((policy) => {
      const text = JSON.stringify(policy).replaceAll('"schemas/', `"${folder}/schemas/`);
      return JSON.parse(text) as unknown;
    }),
  }));
}

describe('the budgets of a config', () => {
  it("are a route's own on top of those for all, each with its place", (t) => {
    const lines = budgetsOf(load(t)).map(({ route, of, figure, limit, isOwn, place }) => {
      return [route, of, figure, limit, isOwn, place!.replace(/^.*\//, '')];
    });
    assert.deepEqual(lines, [
      ['orders', 'latency', 'p99', 20_000, true, 'penstock.yaml:21:20'],
      ['orders', 'overhead', 'p99', 5_000, false, 'penstock.yaml:9:40'],
      ['orders', 'errors', 'share', 0.001, true, 'penstock.yaml:21:34'],
      ['rest', 'overhead', 'p99', 5_000, false, 'penstock.yaml:9:40'],
      ['rest', 'errors', 'share', 0.01, false, 'penstock.yaml:9:19'],
    ]);
  });
});
