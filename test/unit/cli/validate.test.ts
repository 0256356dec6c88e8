import { strict as assert } from 'node:assert';
import { join } from 'node:path';
import { test } from 'node:test';
import { validate } from '../../../src/cli/validate.ts';
import { BASE } from '../config/diagnose.ts';
import { temporaryFiles } from '../config/temporary-files.ts';

async function run(...args: string[]): Promise<{ code: number; out: string; error: string }> {
  const written = { out: '', error: '' };
  const code = await validate(args, { out: (text) => (written.out += text), error: (text) => (written.error += text) });
  return { code, ...written };
}

test('a usable config is summed up in one line', async (context) => {
  const file = join(
    temporaryFiles(context, {
      'a.yaml': `${BASE}routes:\n  - { name: r, match: { path: /* }, forward: { upstream: demo } }\n`,
    }),
    'a.yaml',
  );
  assert.deepEqual(await run('-c', file), {
    code: 0,
    out: `${file}: ok, 1 route, 1 upstream, 1 listener, 2KiB of 64MiB of config memory\n`,
    error: '',
  });
  const json = await run('--config', file, '--json');
  assert.equal(json.code, 0);
  assert.deepEqual(
    { ...JSON.parse(json.out), configBytes: 0 },
    { file, ok: true, files: [file], routes: 1, upstreams: 1, listeners: 1, configBytes: 0, diagnostics: [] },
  );
});

test('every fault is a line, and the exit code is 1', async (context) => {
  const file = join(temporaryFiles(context, { 'a.yaml': 'version: 2\nlisteners: []\n' }), 'a.yaml');
  const text = await run('-c', file);
  assert.equal(text.code, 1);
  assert.equal(text.out, '');
  assert.deepEqual(text.error.split('\n'), [
    `${file}:1:10: 2 is no version of this format, expected version: 1`,
    `${file}:2:12: listeners is empty, expected at least one item`,
    `${file}: not usable, 2 errors`,
    '',
  ]);
  const json = await run('-c', file, '--json');
  assert.equal(json.code, 1);
  const { ok, diagnostics } = JSON.parse(json.out);
  assert.equal(ok, false);
  assert.deepEqual(diagnostics[0], {
    file,
    line: 1,
    column: 10,
    severity: 'error',
    path: 'version',
    message: '2 is no version of this format, expected version: 1',
  });
});

test('wrong use is told apart from a bad config', async () => {
  for (const args of [['--bogus'], ['positional'], ['-c']]) {
    const { code, out, error } = await run(...args);
    assert.deepEqual([code, out], [2, '']);
    assert.match(error, /^penstock validate: .*\n\nUsage: /s);
  }
  const help = await run('--help');
  assert.deepEqual([help.code, help.error], [0, '']);
  assert.match(help.out, /Example:\n {2}penstock validate -c /);
  assert.equal((await run('-c', '/does/not/exist.yaml')).code, 1);
});
