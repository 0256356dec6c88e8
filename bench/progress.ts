/** One line that is written anew, for those who look at a terminal; nothing anywhere else. */
import type { LoadPlan, LoadProgress } from './load/workload.ts';

const CLEAR_LINE = '\r\x1b[K';

export class ProgressLine {
  readonly #stream: NodeJS.WriteStream;
  #isShown = false;

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
  }

  get isWatched(): boolean {
    return this.#stream.isTTY === true;
  }

  show(text: string): void {
    if (!this.isWatched) return;
    this.#isShown = true;
    this.#stream.write(`${CLEAR_LINE}${text.slice(0, (this.#stream.columns ?? 80) - 1)}`);
  }

  /** Before anything else is printed. */
  clear(): void {
    if (this.#isShown) this.#stream.write(CLEAR_LINE);
    this.#isShown = false;
  }
}

/** `site, run 1: measuring 4.5 of 12 s, 1350 sent, 0 failed`. */
export function describeProgress(who: string, plan: LoadPlan, progress: LoadProgress): string {
  const whole = progress.phase === 'warm-up' ? plan.warmUpMs : plan.measureMs;
  const elapsed = `${(progress.elapsedMs / 1_000).toFixed(1)} of ${whole / 1_000} s`;
  return `${who}: ${progress.phase} ${elapsed}, ${progress.sent} sent, ${progress.failed} failed`;
}
