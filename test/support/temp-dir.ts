import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Lifetime } from './lifetime.ts';

const MOST_TRIES = 100;
const PAUSE_MS = 20;

/**
 * Makes an empty folder of its own, gone when the lifetime ends. Returns its absolute path. A gateway that was told to end may
 * still write its history there, so it is tried again until it stays empty.
 */
export function tempDir(lifetime: Lifetime): string {
  const path = mkdtempSync(join(tmpdir(), 'penstock-test-'));
  lifetime.after(() => remove(path));
  return path;
}

function remove(path: string): void {
  for (let tries = 1; ; tries++) {
    try {
      rmSync(path, { recursive: true, force: true });
      return;
    } catch (error) {
      if (tries === MOST_TRIES || (error as NodeJS.ErrnoException).code !== 'ENOTEMPTY') throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE_MS);
    }
  }
}
