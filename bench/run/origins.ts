import { type Origin, startOrigin } from '../origin/run-origin.ts';

/** The origins of one run, each a process on its port. */
export class Origins {
  readonly #ports: readonly number[];
  readonly #cores: string;
  readonly #running = new Map<number, Origin>();

  constructor(ports: readonly number[], cores: string) {
    this.#ports = ports;
    this.#cores = cores;
  }

  /** @throws Error with what it printed when it does not listen */
  async start(index: number): Promise<void> {
    const port = this.#ports[index];
    if (port === undefined) throw new RangeError(`there is no origin ${index}`);
    if (!this.#running.has(index)) this.#running.set(index, await startOrigin(this.#cores, port));
  }

  async startAll(): Promise<void> {
    await Promise.all(this.#ports.map((_, index) => this.start(index)));
  }

  /** With SIGKILL; resolves when it is gone. */
  async kill(index: number): Promise<void> {
    const origin = this.#running.get(index);
    this.#running.delete(index);
    await origin?.kill();
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#running.keys()].map((index) => this.kill(index)));
  }
}
