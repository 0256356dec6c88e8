import { once } from 'node:events';
import { forkPinned } from '../fork-pinned.ts';
import type { OriginReady } from './origin.ts';

const ORIGIN = new URL('./origin.js', import.meta.url);

export interface Origin {
  readonly port: number;
  readonly pid: number;
  /** Ends it with SIGKILL; resolves when it is gone. */
  kill(): Promise<void>;
}

/**
 * Starts an origin on 127.0.0.1 in a process of its own, which ends with this one; resolves when it listens.
 *
 * @param cores as for `taskset -c`; null: wherever the system puts it
 * @param port 0: any that is free
 * @throws Error with what it printed when it does not come to listen
 */
export async function startOrigin(cores: string | null, port = 0): Promise<Origin> {
  const child = forkPinned(ORIGIN, [String(port)], cores);
  let errors = '';
  child.stderr!.setEncoding('utf8').on('data', (text: string) => {
    errors = (errors + text).slice(-4_000);
  });
  const gone = once(child, 'close');
  const ready = await Promise.race([once(child, 'message'), gone.then(() => null)]);
  if (ready === null) throw new Error(`The origin does not listen on port ${port}: ${errors.trim()}`);
  const [message] = ready as [OriginReady];
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL');
    await gone;
  };
  return { port: message.port, pid: child.pid!, kill };
}
