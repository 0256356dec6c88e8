/** Loads and compiles configs in a thread, so that the supervisor answers its acceptors and operators meanwhile. */
import { Piscina } from 'piscina';
import type { CompileReply, CompileRequest } from './protocol.ts';

const TASK = new URL('./tasks/compile-config.js', import.meta.url).href;

/** How long an idle thread stays: a second reload soon after the first finds the code warm, and what it has in common with it. */
const IDLE_TIMEOUT_MS = 30_000;

/** Of a large config nearly everything that is made at first stays: moved once, rather than from one small space to the next. */
const YOUNG_OBJECTS_MB = 192;

export class CompilePool {
  readonly #pool = new Piscina({
    filename: TASK,
    minThreads: 0,
    maxThreads: 1,
    idleTimeout: IDLE_TIMEOUT_MS,
    // The thread's own loop has to turn: it tidies up behind a compile.
    atomics: 'disabled',
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_OBJECTS_MB },
  });

  /** One at a time; a second request waits for the first. Rejects only when the thread itself dies. */
  compile(request: CompileRequest): Promise<CompileReply> {
    return this.#pool.run(request, { name: 'compileConfig' }) as Promise<CompileReply>;
  }

  /** Ends the thread; what is still compiling is rejected. */
  close(): Promise<void> {
    return this.#pool.destroy();
  }
}
