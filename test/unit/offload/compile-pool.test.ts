import { strict as assert } from 'node:assert';
import { join } from 'node:path';
import { test } from 'node:test';
import { CompilePool } from '../../../src/offload/compile-pool.ts';
import type { CompileRequest } from '../../../src/offload/protocol.ts';
import { ConfigImage } from '../../../src/shared-memory/config-image.ts';
import { BASE } from '../config/diagnose.ts';
import { temporaryFiles } from '../config/temporary-files.ts';

test('a thread compiles configs, good and bad, one after another', async (context) => {
  const directory = temporaryFiles(context, {
    'good.yaml': `${BASE}admin: { token: "\${env:TOKEN}" }\nroutes:\n  - { name: a, match: { path: "~^/a" }, forward: { upstream: demo } }\n`,
    'bad.yaml': 'version: 2\n',
  });
  const request = (name: string): CompileRequest => ({
    path: join(directory, name),
    environment: { TOKEN: 'secret' },
    series: null,
    endpointRows: null,
    roomBytes: null,
  });
  const pool = new CompilePool();
  try {
    const [good, bad] = await Promise.all([pool.compile(request('good.yaml')), pool.compile(request('bad.yaml'))]);
    assert.ok(good.ok);
    assert.equal(new ConfigImage(new Uint8Array(good.image)).routeCount, 1);
    assert.equal(good.settings.admin.token, 'secret');
    assert.ok(!bad.ok);
    assert.deepEqual(
      bad.diagnostics.map(({ line, column }) => [line, column]),
      [
        [1, 1],
        [1, 10],
      ],
    );
  } finally {
    await pool.close();
  }
});
