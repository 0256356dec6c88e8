/** A recording that a running gateway made, replayed against its own config: nothing changes. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, it } from 'node:test';
import fc from 'fast-check';
import type { ReplayReport } from '../../src/cli/replay/replay-report.ts';
import { replay } from '../../src/cli/replay.ts';
import { fileLifetime } from '../support/file-lifetime.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';
import { rawClient } from '../support/raw-client.ts';
import { simpleOrigin } from '../support/simple-origin.ts';
import { tempDir } from '../support/temp-dir.ts';

const file = fileLifetime();
const REQUESTS = 200;
const SEED = 20_261_121;
const ADMIN_TOKEN = 'token-of-the-operator-1';
const KEYS = { acme: 'acme-key-0123456789', globex: 'globex-key-0123456789' } as const;
let gateway: Gateway;

before(async () => {
  const origin = await simpleOrigin(file, (request, response) => {
    request.resume();
    response.statusCode = request.url!.includes('missing') ? 404 : 200;
    request.on('end', () => response.end('here'));
  });
  gateway = await startGateway(file, {
    version: 1,
    listeners: [{ name: 'public', address: '127.0.0.1:0' }],
    admin: { address: '127.0.0.1:0', token: ADMIN_TOKEN },
    runtime: { acceptors: 1 },
    telemetry: { accessLog: { to: 'none' } },
    upstreams: { origin: { endpoints: [origin.url] } },
    consumers: { acme: { groups: ['partners'], keys: [KEYS.acme] }, globex: { keys: [KEYS.globex] } },
    routes: [
      {
        name: 'guarded',
        match: { path: '/guarded/*' },
        policies: [
          { keyAuth: { header: 'x-api-key', query: 'key' } },
          // As many as come at once, and none again for an hour: how quickly they came makes no difference.
          { rateLimit: { limit: '1/h', burst: 8, by: 'consumer' } },
        ],
        forward: { upstream: 'origin' },
      },
      {
        name: 'partners',
        match: { path: '/partners/{id}', methods: ['GET'] },
        policies: [{ keyAuth: { header: 'x-api-key' } }, { authorize: { groups: ['partners'] } }],
        forward: { upstream: 'origin', stripPrefix: '/partners' },
      },
      { name: 'old', match: { path: '/old' }, policies: [{ redirect: { to: '/new' } }] },
      { name: 'open', match: { path: '/open/*', methods: ['GET', 'POST'] }, forward: { upstream: 'origin' } },
    ],
  } as never);
});

const key = fc.constantFrom(KEYS.acme, KEYS.globex, 'a-key-of-nobody-0123');
const lines = fc.oneof(
  fc.constant<string[]>([]),
  key.map((one) => [`X-API-Key: ${one}`]),
);
const query = fc.oneof(
  fc.constant(''),
  key.map((one) => `?key=${one}&page=1`),
);
const request = fc
  .record({
    method: fc.constantFrom('GET', 'GET', 'POST', 'PUT'),
    path: fc.constantFrom(
      '/guarded/a',
      '/guarded/missing',
      '/partners/7',
      '/old',
      '/open/b',
      '/open/../guarded/c',
      '/nowhere',
    ),
    query,
    lines,
  })
  .map(({ method, path, query: text, lines: own }) => {
    const body = method === 'GET' ? '' : 'body';
    return [
      `${method} ${path}${text} HTTP/1.1`,
      'Host: shop.test',
      ...own,
      `Content-Length: ${body.length}`,
      '',
      body,
    ].join('\r\n');
  });

it('a recording of a gateway changes nothing when its own config is replayed, with or without another to compare with', async (t) => {
  const response = await fetch(new URL('/recordings', gateway.urlOf('admin')), {
    method: 'POST',
    headers: { authorization: `Bearer ${ADMIN_TOKEN}` },
    body: JSON.stringify({ exchanges: REQUESTS }),
  });
  assert.equal(response.status, 200);
  const client = await rawClient(t, gateway.portOf('public'));
  const statuses = new Map<number, number>();
  for (const text of fc.sample(request, { numRuns: REQUESTS, seed: SEED })) {
    const { status } = await client.exchange(text);
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
  }
  const recording = join(tempDir(t), 'traffic.ndjson');
  writeFileSync(recording, await response.text());

  const run = async (...args: string[]): Promise<ReplayReport> => {
    let text = '';
    await replay(['--recording', recording, '-c', gateway.configPath, '--json', ...args], {
      out: (piece) => (text += piece),
      error: (piece) => assert.fail(piece),
    });
    return JSON.parse(text) as ReplayReport;
  };
  for (const args of [[], ['--against', gateway.configPath]]) {
    const report = await run(...args);
    assert.deepEqual(report.groups, []);
    assert.deepEqual([report.recording.requests, report.changed, report.recording.badLines], [REQUESTS, 0, 0]);
    assert.ok(report.stoodIn > 20);
    const [limit] = report.limits;
    assert.equal(limit!.refused, statuses.get(429));
  }
  for (const status of [200, 308, 401, 403, 404, 405, 429])
    assert.ok(statuses.has(status), `${status} of ${[...statuses.keys()].join()}`);
});
