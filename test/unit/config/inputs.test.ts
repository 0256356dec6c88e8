import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describe, it } from 'node:test';
import { loadAndCompile } from '../../../src/config/load-and-compile.ts';
import { tempDir } from '../../support/temp-dir.ts';

const DOCUMENT = { openapi: '3.1.0', info: { title: 'a', version: '1' }, paths: {} };
const POLICY = `import { name } from './imported.ts';
export default { name, phase: 'transform', create: () => ({ onRequest: () => 0 }) };`;

function configOf(...policies: readonly object[]) {
  return {
    version: 1,
    listeners: [{ name: 'public', address: '127.0.0.1:0' }],
    upstreams: { a: { endpoints: ['http://127.0.0.1:9'] } },
    routes: [{ name: 'one', match: { path: '/*' }, policies, forward: { upstream: 'a' } }],
  };
}

describe('the files that a config was compiled from', () => {
  it('are its own and those that it names, there or not, whether it can be used or not', (t) => {
    const folder = tempDir(t);
    const put = (name: string, text: string): void => writeFileSync(join(folder, name), text);
    put('api.json', JSON.stringify(DOCUMENT));
    put('body.json', '{ "type": "object" }');
    put('policy.ts', POLICY);
    put('imported.ts', `export const name = 'x';`);
    put('to.txt', '/elsewhere');
    const named = [
      { validate: { openapi: 'api.json' } },
      { validate: { body: 'body.json' } },
      { use: 'policy.ts' },
      { jwt: { keys: [{ file: 'absent.pem' }], issuer: 'a', audience: 'b', algorithms: ['RS256'] } },
      { redirect: { to: `\${file:to.txt}` } },
      { redirect: { to: `\${file:absent.txt}` } },
    ];
    put('penstock.json', JSON.stringify(configOf(...named)));
    const reply = loadAndCompile({
      ...{ path: join(folder, 'penstock.json'), environment: {} },
      ...{ series: null, endpointRows: null, roomBytes: null },
    });
    const seen = reply.inputs.map(({ file, digest, isConfig }) => [relative(folder, file), digest !== null, isConfig]);
    assert.deepEqual(seen.toSorted(), [
      ['absent.pem', false, false],
      ['absent.txt', false, false],
      ['api.json', true, false],
      ['body.json', true, false],
      ['imported.ts', true, false],
      ['penstock.json', true, true],
      ['policy.ts', true, false],
      ['to.txt', true, false],
    ]);
  });
});
