/** Whether processes of this machine are alive, from outside of them. */
import { readFileSync } from 'node:fs';
import { until } from './admin.ts';

/** False for a zombie, too: it runs nothing and holds nothing. */
export function isAlive(pid: number): boolean {
  try {
    return !/^\d+ \(.*\) [ZX]/s.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

/** Waits until every one of these processes has ended. */
export async function ended(pids: readonly number[], ms?: number): Promise<void> {
  await until(
    `the end of processes ${pids}`,
    async () => pids.filter(isAlive),
    (alive) => alive.length === 0,
    ms,
  );
}

/** Resident memory of a process. */
export function residentBytes(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) * 1024;
}
