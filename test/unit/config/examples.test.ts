import { strict as assert } from 'node:assert';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { formatDiagnostic } from '../../../src/config/diagnostics.ts';
import { generateReference } from '../../../src/config/generate-reference.ts';
import { loadAndCompile } from '../../../src/config/load-and-compile.ts';

const SHIPPED = ['config/penstock.yaml', ...readdirSync('config/examples').map((name) => `config/examples/${name}`)];

for (const path of SHIPPED) {
  test(`${path} is usable as it stands`, () => {
    const reply = loadAndCompile({ path, environment: {}, series: null, endpointRows: null, roomBytes: null });
    assert.deepEqual(reply.diagnostics.map(formatDiagnostic), []);
    assert.ok(reply.ok && reply.routes > 0);
  });
}

for (const [path, text] of generateReference()) {
  test(`${path} is what its source says (npm run generate)`, () => assert.equal(readFileSync(path, 'utf8'), text));
}
