import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { tempDir } from '../support/temp-dir.ts';

const BENCH = fileURLToPath(new URL('../../bench/main.js', import.meta.url));

/** Command lines of processes in which a text stands. */
function processesOf(text: string): string[] {
  return readdirSync('/proc').flatMap((pid) => {
    try {
      const line = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
      return line.includes(text) ? [line] : [];
    } catch {
      return [];
    }
  });
}

describe('a bench that is interrupted', () => {
  it('leaves no process and no folder, however often it is told', async (t) => {
    const folder = tempDir(t);
    const child = spawn(process.execPath, [BENCH, '--no-report'], {
      env: { ...process.env, TMPDIR: folder },
      stdio: 'ignore',
    });
    const exit = once(child, 'exit');
    // The gateway alone has a folder in its command line.
    while (processesOf(folder).length === 0 && child.exitCode === null) await delay(20);
    child.kill('SIGINT');
    child.kill('SIGHUP');
    await delay(20);
    child.kill('SIGINT');
    assert.deepEqual(await exit, [130, null]);
    assert.deepEqual(readdirSync(folder), []);
    assert.deepEqual(processesOf(folder), []);
  });
});
