import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Lifetime } from './lifetime.ts';

/**
 * Makes an empty folder of its own, gone when the lifetime ends. Returns its absolute path. A gateway that was told to end may
 * still write its history there: the folder is removed again then.
 */
export function tempDir(lifetime: Lifetime): string {
  const path = mkdtempSync(join(tmpdir(), 'penstock-test-'));
  lifetime.after(() => rmSync(path, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 }));
  return path;
}
