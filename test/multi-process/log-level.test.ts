import { strict as assert } from 'node:assert';
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { tempDir } from '../support/temp-dir.ts';

const CHILD = fileURLToPath(new URL('./children/loud-gateway.js', import.meta.url));

test('a log level that is set by hand holds in every process, those to come included, until it is taken back', (t) => {
  const folder = tempDir(t);
  const config = join(folder, 'penstock.yaml');
  writeFileSync(
    config,
    JSON.stringify({
      version: 1,
      listeners: [{ name: 'public', address: '127.0.0.1:0' }],
      admin: { address: '127.0.0.1:0' },
      runtime: { acceptors: 1, drainTimeout: '1s' },
      telemetry: { accessLog: 'none', log: { format: 'json', level: 'info' } },
    }),
  );
  const { status, stderr } = spawnSync(process.execPath, [CHILD, config, join(folder, 'state')], {
    encoding: 'utf8',
    timeout: 60_000,
  });
  assert.equal(status, 0, stderr);
  const messages = stderr
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as { level: string; role: string; pid: number; generation?: number; msg: string });
  const goesBy = messages.filter(({ role, msg }) => role === 'acceptor' && /goes by generation/.test(msg));
  assert.deepEqual(
    goesBy.map(({ level, generation }) => [level, generation]),
    [['debug', 2]],
  );
  // The predecessor, which the level had been sent to; the successor was started with it, and drains when it is gone.
  const drains = messages.filter(({ msg }) => /drains/.test(msg));
  assert.deepEqual(
    drains.map(({ pid }) => pid),
    [goesBy[0]!.pid],
  );
  assert.ok(messages.some(({ role, msg }) => role === 'supervisor' && msg.startsWith('generation 3 is live')));
});
