import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { loadAndCompile } from '../../../src/config/load-and-compile.ts';
import { tempDir } from '../../support/temp-dir.ts';

it('the telemetry section is compiled with its defaults, its references and the usual paths of collectors', (t) => {
  const path = join(tempDir(t), 'penstock.yaml');
  writeFileSync(
    path,
    `
version: 1
listeners: [{ name: public, address: 127.0.0.1:0 }]
telemetry:
  accessLog: { to: { otlp: https://collector }, sample: 0.5 }
  tracing:
    to: { otlp: "http://127.0.0.1:4318/", headers: { Authorization: "\${env:TOKEN}" }, timeout: 1s }
    sample: 2.5%
    header: { name: X-Trace }
`,
  );
  const environment = { TOKEN: 'Bearer s3cret' };
  const reply = loadAndCompile({ path, environment, series: null, endpointRows: null, roomBytes: null });
  assert.ok(reply.ok, JSON.stringify(reply));
  assert.deepEqual(reply.globals.telemetry, {
    accessLog: {
      file: null,
      sample: 0.5,
      rotate: null,
      otlp: { url: 'https://collector/v1/logs', headers: [], timeout: 5000 },
    },
    tracing: {
      to: {
        url: 'http://127.0.0.1:4318/v1/traces',
        headers: [['authorization', 'Bearer s3cret']],
        timeout: 1000,
      },
      sample: 0.025,
      errors: 'always',
      header: { name: 'x-trace', value: null },
      trust: 'none',
      clientAddress: false,
    },
    log: { format: 'text', level: 'info' },
    serviceName: 'penstock',
  });
});
