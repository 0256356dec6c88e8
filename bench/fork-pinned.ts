import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { findBinary } from './processes.ts';

/**
 * Forks a module of the bench, on chosen cores where `taskset` is installed, with a pipe for what it prints on stderr.
 *
 * @param cores as for `taskset -c`; null: wherever the system puts it
 */
export function forkPinned(module: URL, args: readonly string[], cores: string | null): ChildProcess {
  const taskset = cores === null ? null : findBinary('taskset');
  const launcher =
    taskset === null || cores === null ? {} : { execPath: taskset, execArgv: ['-c', cores, process.execPath] };
  return fork(fileURLToPath(module), args, { ...launcher, stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
}
