import { strict as assert } from 'node:assert';
import { cpSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Bytes, RouteId } from '../../../src/brand.ts';
import { formatDiagnostic } from '../../../src/config/diagnostics.ts';
import { loadAndCompile } from '../../../src/config/load-and-compile.ts';
import type { CompileRequest } from '../../../src/offload/protocol.ts';
import { ConfigImage } from '../../../src/shared-memory/config-image.ts';
import { BASE } from './diagnose.ts';
import { temporaryFiles } from './temporary-files.ts';

const request = (path: string, more: Partial<CompileRequest> = {}): CompileRequest => ({
  path,
  environment: {},
  series: null,
  endpointRows: null,
  roomBytes: null,
  ...more,
});

const manyRoutes = (count: number): string =>
  Array.from(
    { length: count },
    (_, index) => `  - { name: r${index}, match: { path: /r${index} }, forward: { upstream: demo } }\n`,
  ).join('');

test('what is loaded comes out of the image as acceptors read it', (context) => {
  const directory = temporaryFiles(context, {
    'penstock.yaml': `version: 1
listeners:
  - name: secure
    address: 127.0.0.1:8443
    tls: { certificates: [{ hosts: [api.example.com], cert: tls/api.pem, key: tls/api.key }] }
telemetry: { accessLog: { to: { file: logs/access.log }, sample: 0.5 } }
upstreams:
  plain: { endpoints: [{ url: http://127.0.0.1:9001, weight: 2 }] }
  secure: { endpoints: [https://a.example], tls: { ca: tls/other.pem, serverName: b.example } }
routes:
  - { name: one, match: { path: /one }, forward: { upstream: secure } }
  - name: two
    match: { path: /two/* }
    forward: { upstream: plain, stripPrefix: /two, timeout: none, retries: 3, host: upstream }
`,
  });
  cpSync('test/fixtures/tls', join(directory, 'tls'), { recursive: true });
  const reply = loadAndCompile(request(join(directory, 'penstock.yaml')));
  assert.ok(reply.ok, JSON.stringify(reply));
  const image = new ConfigImage(new Uint8Array(reply.image));
  const { listeners, upstreams, telemetry } = image.globals();
  assert.deepEqual(image.globals(), reply.globals);
  assert.deepEqual(telemetry.accessLog, {
    file: join(directory, 'logs/access.log'),
    sample: 0.5,
    rotate: null,
    otlp: null,
  });
  assert.deepEqual(listeners[0]?.tls?.certificates, [
    {
      hosts: ['api.example.com'],
      cert: join(directory, 'tls/api.pem'),
      key: join(directory, 'tls/api.key'),
    },
  ]);
  assert.deepEqual(
    upstreams.map(({ name, series, tls, endpoints }) => ({ name, series, tls, endpoints })),
    [
      {
        name: 'plain',
        series: 2,
        tls: null,
        endpoints: [{ name: 'http://127.0.0.1:9001', host: '127.0.0.1', port: 9001, weight: 2, row: -1 }],
      },
      {
        name: 'secure',
        series: 3,
        tls: {
          serverName: 'b.example',
          verify: true,
          authorities: {
            file: join(directory, 'tls/other.pem'),
            pem: readFileSync('test/fixtures/tls/other.pem', 'utf8'),
          },
          identity: null,
        },
        endpoints: [{ name: 'https://a.example:443', host: 'a.example', port: 443, weight: 1, row: -1 }],
      },
    ],
  );
  assert.equal(image.routeCount, 2);
  assert.deepEqual(image.route(1 as RouteId), {
    name: 'two',
    source: `${directory}/penstock.yaml:12:5`,
    series: 5,
    path: '/two/*',
    policies: null,
    forward: {
      upstream: 0,
      stripPrefix: '/two',
      host: 'upstream',
      timeout: 0,
      headTimeout: 30_000,
      idleTimeout: 30_000,
      retries: 3,
      retryNonIdempotent: false,
      split: null,
      failover: -1,
      retry: null,
    },
  });
});

test('a config that does not fit its memory is refused with what it needs', (context) => {
  const directory = temporaryFiles(context, {
    'penstock.yaml': `${BASE}runtime: { memory: { config: 64KiB } }\nroutes:\n${manyRoutes(1000)}`,
    'default.yaml': `${BASE}routes:\n${manyRoutes(100)}`,
  });
  const file = join(directory, 'penstock.yaml');
  const reply = loadAndCompile(request(file));
  assert.ok(!reply.ok);
  const said = reply.diagnostics.map(formatDiagnostic).join('\n');
  const needed = /needs (\d+)KiB/.exec(said)?.[1];
  assert.equal(
    said,
    `${file}:6:30: the compiled config needs ${needed}KiB and has room for 64KiB, expected runtime.memory.config of at least ${needed}KiB`,
  );
  assert.ok(loadAndCompile(request(file, { roomBytes: (Number(needed) * 1024) as Bytes })).ok);

  const running = loadAndCompile(request(join(directory, 'default.yaml'), { roomBytes: 2048 as Bytes }));
  assert.match(running.diagnostics[0]?.message ?? '', /has room for 2KiB, expected .* and a restart/);
});

test('series are handed on from config to config, and shared when there are too many routes', (context) => {
  const directory = temporaryFiles(context, {
    'a.yaml': `${BASE}runtime: { memory: { series: 16 } }\nroutes:\n${manyRoutes(20)}`,
  });
  const reply = loadAndCompile(request(join(directory, 'a.yaml')));
  assert.ok(reply.ok);
  const seriesOf = (buffer: ArrayBuffer): number[] => {
    const image = new ConfigImage(new Uint8Array(buffer));
    return Array.from({ length: image.routeCount }, (_, id) => image.route(id as RouteId).series);
  };
  assert.deepEqual(seriesOf(reply.image), [
    ...Array.from({ length: 13 }, (_, index) => index + 3),
    ...Array(7).fill(0),
  ]);
  const again = loadAndCompile(request(join(directory, 'a.yaml'), { series: reply.series }));
  assert.ok(again.ok);
  assert.deepEqual(seriesOf(again.image), seriesOf(reply.image));
});

test('every file that was read is named, also when it is no good', (context) => {
  const directory = temporaryFiles(context, { 'a.yaml': BASE, 'b.yaml': 'version: [' });
  assert.deepEqual(loadAndCompile(request(directory)).files, [join(directory, 'a.yaml'), join(directory, 'b.yaml')]);
  assert.deepEqual(loadAndCompile(request(join(directory, 'b.yaml'))).files, [join(directory, 'b.yaml')]);
});
