import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { forkPinned } from '../fork-pinned.ts';

const ORIGIN = new URL('../origin/origin.js', import.meta.url);

/** The origins of one run, each a process on its port. */
export class Origins {
  readonly #ports: readonly number[];
  readonly #cores: string;
  readonly #running = new Map<number, ChildProcess>();

  constructor(ports: readonly number[], cores: string) {
    this.#ports = ports;
    this.#cores = cores;
  }

  /** @throws Error with what it printed when it does not listen */
  async start(index: number): Promise<void> {
    const port = this.#ports[index];
    if (port === undefined) throw new RangeError(`there is no origin ${index}`);
    if (this.#running.has(index)) return;
    const child = forkPinned(ORIGIN, [String(port)], this.#cores);
    this.#running.set(index, child);
    let errors = '';
    child.stderr!.setEncoding('utf8').on('data', (text: string) => (errors = (errors + text).slice(-2_000)));
    const gone = once(child, 'exit').then(() => {
      throw new Error(`the origin does not listen on port ${port}: ${errors.trim()}`);
    });
    gone.catch(() => {});
    await Promise.race([once(child, 'message'), gone]);
  }

  async startAll(): Promise<void> {
    await Promise.all(this.#ports.map((_, index) => this.start(index)));
  }

  /** With SIGKILL; resolves when it is gone. */
  async kill(index: number): Promise<void> {
    const child = this.#running.get(index);
    this.#running.delete(index);
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#running.keys()].map((index) => this.kill(index)));
  }
}
