/** The origin that `penstock run --demo` adds; `show-demo.ts` is the request to see it work. */
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { StartError } from '../supervisor/supervisor.ts';

const ENTRY = fileURLToPath(new URL('./demo-origin.js', import.meta.url));

/** The demo origin in a process of its own. */
export interface DemoOrigin {
  stop(): void;
}

/** @throws StartError when its port is taken; the child has printed the sentence by then, so this one is short */
export function forkDemoOrigin(): Promise<DemoOrigin> {
  const child: ChildProcess = fork(ENTRY, [], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  return new Promise((resolve, reject) => {
    child.once('message', () => resolve({ stop: () => void child.kill() }));
    child.once('exit', () => reject(new StartError('The demo needs its origin.')));
  });
}
