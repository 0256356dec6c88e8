import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Makes the caller the one gateway that writes to a folder, until it ends.
 *
 * @returns false when another one that lives is
 * @throws Error of the system when nothing can be written there
 */
export function takeOwnership(folder: string): boolean {
  const path = join(folder, 'owner');
  const owner = ownerOf(path);
  if (owner === process.pid) return true;
  if (isGateway(owner)) return false;
  rmSync(path, { force: true });
  try {
    writeFileSync(path, String(process.pid), { mode: 0o600, flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    // Two that start at once: the other one was faster.
    return ownerOf(path) === process.pid;
  }
}

/** 0: nobody. */
function ownerOf(path: string): number {
  return Number(readOr(path, '0'));
}

/** Whether a process lives and is one of ours: a number may belong to anybody after a restart of the machine. */
function isGateway(pid: number): boolean {
  return pid > 0 && readOr(`/proc/${pid}/cmdline`, '').split('\0').includes('run');
}

function readOr(path: string, otherwise: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return otherwise;
  }
}
