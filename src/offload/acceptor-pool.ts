/**
 * Threads of an acceptor for work that would hold up its loop.
 *
 *   policy waits for { kind: 'offload' } ── run ──► queue (MOST_QUEUED) ──► thread: perform(input) ──► result
 *                                            └ full: rejects, and the policy sees OFFLOAD_FAILED
 */
import { Piscina } from 'piscina';
import type { OffloadTask } from '../decision/policies/effect.ts';
import { moduleOf, OFFLOAD_TASKS, type OffloadModules, performHere } from './offload-tasks.ts';

/** Tasks that wait for a thread. Each holds a body of one request, so that this bounds memory as well as time. */
const MOST_QUEUED = 256;
/** How long an idle thread stays: the next task finds its code warm. */
const IDLE_TIMEOUT_MS = 60_000;
/** A task that fails for every request must not fill a disk. */
const REPORT_EVERY_MS = 1000;

export interface AcceptorPoolOptions {
  /** 0: tasks are carried out on the loop itself. */
  readonly threads: number;
  readonly modules?: OffloadModules;
  readonly mostQueued?: number;
  /** A task threw, or its thread died: a defect, where a full queue is none. Once a second at most. */
  readonly onFault?: (task: OffloadTask, error: unknown) => void;
}

/** No thread is started before the first task. */
export class AcceptorPool {
  readonly threads: number;
  readonly #modules: OffloadModules;
  readonly #mostQueued: number;
  readonly #onFault: (task: OffloadTask, error: unknown) => void;
  #pool: Piscina | null = null;
  #reportedAt = Number.NEGATIVE_INFINITY;

  constructor({ threads, modules = OFFLOAD_TASKS, mostQueued = MOST_QUEUED, onFault }: AcceptorPoolOptions) {
    this.threads = threads;
    this.#modules = modules;
    this.#mostQueued = mostQueued;
    this.#onFault = onFault ?? (() => {});
  }

  /** Rejects when the queue is full, the thread died, or the task threw. */
  async run(task: OffloadTask, input: unknown): Promise<unknown> {
    if (this.#pool !== null && this.#pool.queueSize >= this.#mostQueued) throw new Error('the queue of tasks is full');
    try {
      return await this.#perform(task, input);
    } catch (error) {
      this.#report(task, error);
      throw error;
    }
  }

  #report(task: OffloadTask, error: unknown): void {
    const now = performance.now();
    if (now - this.#reportedAt < REPORT_EVERY_MS) return;
    this.#reportedAt = now;
    this.#onFault(task, error);
  }

  async #perform(task: OffloadTask, input: unknown): Promise<unknown> {
    if (this.threads === 0) return performHere(task, input, this.#modules);
    this.#pool ??= new Piscina({
      minThreads: 0,
      maxThreads: this.threads,
      idleTimeout: IDLE_TIMEOUT_MS,
      concurrentTasksPerWorker: 1,
    });
    return this.#pool.run(input, { filename: moduleOf(this.#modules, task), name: 'perform' });
  }

  /** Lets the tasks that have begun or wait end, then ends the threads. */
  async close(): Promise<void> {
    await this.#pool?.close();
  }
}
