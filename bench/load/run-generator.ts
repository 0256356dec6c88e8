import type { ChildProcess } from 'node:child_process';
import { forkPinned } from '../fork-pinned.ts';
import type { GeneratorMessage, LoadPlan, LoadProgress, LoadResult } from './workload.ts';

const GENERATOR = new URL('./generator.js', import.meta.url);

export interface GeneratorOptions {
  /** As for `taskset -c`; left out: wherever the system puts it. */
  readonly cores?: string;
  /** Twice a second. */
  readonly onProgress?: (progress: LoadProgress) => void;
  /** When the first request that is counted comes due, and when the last one has: the time to look what the gateway uses. */
  readonly onMeasuring?: () => void;
  readonly onMeasured?: () => void;
  /** Ends the generator. */
  readonly signal?: AbortSignal;
}

/**
 * Carries out a plan in a process of its own.
 *
 * @throws Error with what the process printed when it ended without a result, and the signal's reason when it was aborted
 */
export function runGenerator(plan: LoadPlan, options: GeneratorOptions = {}): Promise<LoadResult> {
  const { signal } = options;
  signal?.throwIfAborted();
  const child = forkPinned(GENERATOR, [], options.cores ?? null);
  const abort = (): void => void child.kill('SIGKILL');
  signal?.addEventListener('abort', abort);
  return awaitResult(child, plan, options).finally(() => signal?.removeEventListener('abort', abort));
}

function awaitResult(child: ChildProcess, plan: LoadPlan, options: GeneratorOptions): Promise<LoadResult> {
  return new Promise((resolve, reject) => {
    let errors = '';
    let result: LoadResult | null = null;
    child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      errors = (errors + text).slice(-4_000);
    });
    child.on('message', (message: GeneratorMessage) => {
      if (message.kind === 'progress') options.onProgress?.(message);
      else if (message.kind === 'measuring') options.onMeasuring?.();
      else if (message.kind === 'measured') options.onMeasured?.();
      else if (message.kind === 'result') result = message;
    });
    child.on('error', reject);
    child.on('close', (code, signal) => {
      if (result !== null) resolve(result);
      else if (options.signal?.aborted) reject(options.signal.reason);
      else reject(new Error(`The load generator ended without a result (${signal ?? code}): ${errors.trim()}`));
    });
    child.send(plan);
  });
}
