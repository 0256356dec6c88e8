/** `penstock COMMAND` in a process of its own, as a user starts it. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { repositoryRoot } from './repository-root.ts';

const LONGEST_MS = 20_000;

export interface CommandResult {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export function penstock(args: readonly string[], env: NodeJS.ProcessEnv = {}): CommandResult {
  const command = [join(repositoryRoot, 'dist/src/main.js'), ...args];
  const options = { encoding: 'utf8', env: { ...process.env, ...env }, timeout: LONGEST_MS } as const;
  const { status, stdout, stderr } = spawnSync(process.execPath, command, options);
  return { status, stdout, stderr };
}
