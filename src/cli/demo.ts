/** The origin that `penstock run --demo` adds; `show-demo.ts` is the request to see it work. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { StartError } from '../supervisor/start-error.ts';
import { DEMO_ORIGIN_PORT, type DemoOriginReply } from './demo-origin.ts';

const ENTRY = fileURLToPath(new URL('./demo-origin.js', import.meta.url));

/** The demo origin in a process of its own. */
export interface DemoOrigin {
  /** Resolves when it is gone. */
  stop(): Promise<void>;
}

/**
 * @param port 0 takes a free one
 * @throws StartError when it cannot start, because its port is taken
 */
export async function forkDemoOrigin(port: number = DEMO_ORIGIN_PORT): Promise<DemoOrigin> {
  const child: ChildProcess = fork(ENTRY, [String(port)], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const gone = once(child, 'exit');
  const reply = await Promise.race([
    once(child, 'message').then(([message]) => message as DemoOriginReply),
    gone.then(([code, signal]) => ({ error: `The demo origin ended (${signal ?? `exit code ${code}`}).` })),
  ]);
  if ('error' in reply) throw new StartError(reply.error);
  return {
    stop: async () => {
      // Without its channel the origin ends by itself, which it does as well when the gateway is killed.
      if (child.connected) child.disconnect();
      await gone;
    },
  };
}
