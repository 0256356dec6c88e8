import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { record } from '../../../src/cli/record.ts';
import { tempDir } from '../../support/temp-dir.ts';

const HEAD = '{"recording":1,"began":null,"source":"a gateway","licence":null}\n';
const LINE = '{"at":1,"method":"GET","host":"a","path":"/","headers":[],"status":200}\n';

async function run(...args: readonly string[]) {
  let out = '';
  let error = '';
  const output = { out: (text: string) => (out += text), error: (text: string) => (error += text) };
  const code = await record([...args], output as Parameters<typeof record>[1], {});
  return { code, out, error };
}

/** Runs the command against something that answers like this. */
async function runAgainst(t: TestContext, answer: RequestListener, ...args: readonly string[]) {
  const folder = tempDir(t);
  const server = createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close().closeAllConnections());
  const { port } = server.address() as AddressInfo;
  const path = join(folder, 'out.ndjson');
  const result = await run('--admin', `127.0.0.1:${port}`, '--out', path, ...args);
  return { ...result, files: readdirSync(folder), path };
}

describe('penstock record', () => {
  it('refuses what is no use of it', async () => {
    const problems: string[] = [];
    for (const args of [
      [],
      ['--out', 'a', '--for', '1 minute'],
      ['--out', 'a', '--for', '0s'],
      ['--out', 'a', '--exchanges', '0'],
      ['--out', 'a', '--share', '0.1'],
      ['--out', 'a', '--bodies', '2MiB'],
      ['--out', 'a', '--pseudonymise', 'x-foo'],
      ['--out', 'a', '--admin', 'x', '-c', 'y'],
    ]) {
      const { code, error } = await run(...args);
      assert.equal(code, 2);
      problems.push(error.split('\n', 1)[0]!.replace('penstock record: ', ''));
    }
    assert.deepEqual(problems, [
      '--out is missing',
      '--for 1 minute is not a time, expected one such as 30s or 5m',
      '--for 0s is not a time, expected one such as 30s or 5m',
      '--exchanges 0 is not a number of exchanges, expected one such as 10000',
      '--share 0.1 is not a share, expected a percentage such as 10%',
      '--bodies 2MiB is not a size up to 256KiB, such as 4KiB',
      '--pseudonymise x-foo names no place, expected header:NAME or query:NAME',
      'expected either --config or --admin',
    ]);
  });

  it('asks for what its options say', async (t) => {
    let asked = '';
    const answer: RequestListener = async (request, response) => {
      for await (const piece of request) asked += piece;
      response.end(`${HEAD}${LINE}\n${LINE}{"end":{"exchanges":2,"dropped":5}}\n`);
    };
    const options = ['--for', '1.5s', '--exchanges', '9', '--share', '10%', '--bodies', '4KiB'];
    const places = ['--pseudonymise', 'header:X-Foo', '--pseudonymise', 'query:bar'];
    const { code, out, path } = await runAgainst(t, answer, ...options, ...places);
    assert.equal(code, 0);
    assert.match(out, /^recording into .*\n.*out\.ndjson: 2 exchanges, 5 dropped\n$/);
    assert.deepEqual(JSON.parse(asked), {
      seconds: 1.5,
      exchanges: 9,
      share: 0.1,
      bodies: 4096,
      pseudonymise: { headers: ['X-Foo'], queries: ['bar'] },
    });
    assert.equal(readFileSync(path, 'utf8'), `${HEAD}${LINE}${LINE}{"end":{"exchanges":2,"dropped":5}}\n`);
  });

  it('keeps what had come when the gateway goes away, and says so', async (t) => {
    const answer: RequestListener = (_, response) => {
      response.write(`${HEAD}${LINE}`, () => response.destroy());
    };
    const { code, error, files, path } = await runAgainst(t, answer);
    assert.equal(code, 1);
    assert.match(error, /cut short, what had come is kept: aborted/);
    assert.deepEqual(files, ['out.ndjson']);
    assert.equal(readFileSync(path, 'utf8'), `${HEAD}${LINE}`);
  });

  it('says why there is no recording, and leaves no file', async (t) => {
    const busy = '{"status":409,"detail":"A recording is being taken already."}';
    const cases: [RequestListener, RegExp][] = [
      [(_, response) => response.writeHead(409).end(busy), /answered: A recording is being taken already\.$/m],
      [(_, response) => response.writeHead(401).end(), /did not accept the token/],
      [(_, response) => response.writeHead(404).end('no'), /answered with status 404/],
      [(_, response) => response.end('hello'), /not a gateway's admin address: this is no recording/],
      [(request) => request.destroy(), /no answer from the gateway's admin address/],
    ];
    for (const [answer, expected] of cases) {
      const { code, error, files } = await runAgainst(t, answer);
      assert.equal(code, 1);
      assert.match(error, expected);
      assert.deepEqual(files, []);
    }
  });

  it('says when the file cannot be written', async (t) => {
    const answer: RequestListener = (_, response) => response.write(HEAD);
    const { code, error } = await runAgainst(t, answer, '--out', '/proc/no/such.ndjson');
    assert.equal(code, 1);
    assert.match(error, /ENOENT.*such\.ndjson/);
  });
});
