import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** Forks a script of this folder with `fds` inherited as descriptors 4, 5, ... */
export function spawnChild(script: string, args: readonly (string | number)[], fds: readonly number[]): ChildProcess {
  const path = fileURLToPath(new URL(`${script}.js`, import.meta.url));
  return fork(path, args.map(String), { stdio: ['ignore', 'inherit', 'inherit', 'ipc', ...fds] });
}

export interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** Waits until the child is gone. */
export async function ending(child: ChildProcess): Promise<Ending> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  return { code: child.exitCode, signal: child.signalCode };
}

/** Kills the child, at whatever instruction it is, and waits until it is gone. */
export async function killNow(child: ChildProcess): Promise<void> {
  const gone = ending(child);
  child.kill('SIGKILL');
  await gone;
}

/** The next message of the child; fails when it ends without one. */
export async function nextMessage(child: ChildProcess): Promise<unknown> {
  const message = once(child, 'message').then((parts) => parts[0] as unknown);
  const early = ending(child).then(({ code, signal }) => {
    throw new Error(`The child ended early: code ${code}, signal ${signal}.`);
  });
  return await Promise.race([message, early]);
}
