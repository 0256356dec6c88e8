import { Worker } from 'node:worker_threads';
import {
  COUNT,
  COUNT_WORDS,
  type CountWord,
  type ExportedKind,
  type ExportOptions,
  type ExportThreadData,
  type FromExportThread,
  MOST_LINES,
  MOST_SPANS,
  type ToExportThread,
  type TraceFacts,
} from './export-protocol.ts';

const ENTRY = new URL('./export-worker.js', import.meta.url);
/** A thread that died is not started again before this has passed. */
const RESTART_AFTER_MS = 5000;
/** Far above what MOST_SPANS and MOST_LINES come to: a fault ends the thread and not the acceptor. */
const HEAP_MB = 192;

/** What became of spans since the thread was made, and lines of the access log that nobody will see. */
export interface ExportTotals {
  readonly exported: number;
  readonly failed: number;
  readonly dropped: number;
  readonly lostLines: number;
}

export const NOTHING_EXPORTED: ExportTotals = { exported: 0, failed: 0, dropped: 0, lostLines: 0 };

export interface ExportThreadEvents {
  /** Exporting fails (a sentence says why), or works again (null). */
  onTrouble(of: ExportedKind, reason: string | null): void;
}

/**
 * The acceptor's end of its export thread. Whatever the collector does, `sendSpans` and `sendLines` only hand over, or drop
 * and count: a queue that is full stays full until the collector takes something.
 *
 *   handed over - exported - failed = on its way, at most MOST_SPANS spans and MOST_LINES lines
 */
export class ExportThread {
  readonly #options: ExportOptions;
  readonly #events: ExportThreadEvents;
  #counts: Float64Array = new Float64Array(COUNT_WORDS);
  /** Null: it died, or was closed. */
  #worker: Worker | null = null;
  #startAt = 0;
  #closing = false;
  /** Handed over to the thread that runs now. */
  #sentSpans = 0;
  #sentLines = 0;
  #droppedSpans = 0;
  #lostLines = 0;
  /** Of threads that died. */
  #exportedBefore = 0;
  #failedBefore = 0;

  constructor(options: ExportOptions, events: ExportThreadEvents) {
    this.#options = options;
    this.#events = events;
    this.#start();
  }

  /** @param spans how many they will become */
  sendSpans(facts: readonly TraceFacts[], spans: number): void {
    const onTheirWay = this.#sentSpans - this.#count(COUNT.SPANS_EXPORTED) - this.#count(COUNT.SPANS_FAILED);
    if (onTheirWay + spans > MOST_SPANS || !this.#post({ kind: 'spans', facts })) this.#droppedSpans += spans;
    else this.#sentSpans += spans;
  }

  /** @param chunk so many whole lines */
  sendLines(chunk: string, lines: number): void {
    const onTheirWay = this.#sentLines - this.#count(COUNT.LINES_EXPORTED) - this.#count(COUNT.LINES_FAILED);
    if (onTheirWay + lines > MOST_LINES || !this.#post({ kind: 'lines', chunk })) this.#lostLines += lines;
    else this.#sentLines += lines;
  }

  get totals(): ExportTotals {
    return {
      exported: this.#exportedBefore + this.#count(COUNT.SPANS_EXPORTED),
      failed: this.#failedBefore + this.#count(COUNT.SPANS_FAILED),
      dropped: this.#droppedSpans,
      lostLines: this.#lostLines + this.#count(COUNT.LINES_FAILED),
    };
  }

  /** Exports what is left, for at most `limitMs`, and ends the thread; what is left then has failed. The last call. */
  async close(limitMs: number): Promise<void> {
    const worker = this.#worker;
    this.#closing = true;
    if (worker === null) return;
    this.#post({ kind: 'close' });
    await new Promise<void>((resolve) => {
      const limit = setTimeout(resolve, limitMs);
      worker.once('exit', () => {
        clearTimeout(limit);
        resolve();
      });
    });
    this.#giveUpOn(worker);
    void worker.terminate();
  }

  #count(word: CountWord): number {
    return this.#counts[word]!;
  }

  /** False: there is no thread. */
  #post(message: ToExportThread): boolean {
    if (this.#worker === null && !this.#closing && performance.now() >= this.#startAt) this.#start();
    this.#worker?.postMessage(message);
    return this.#worker !== null;
  }

  #start(): void {
    const counts = new SharedArrayBuffer(COUNT_WORDS * 8);
    this.#counts = new Float64Array(counts);
    const workerData: ExportThreadData = { options: this.#options, counts };
    // What the OpenTelemetry packages would read of the environment is the config's to say.
    const worker = new Worker(ENTRY, { workerData, env: {}, resourceLimits: { maxOldGenerationSizeMb: HEAP_MB } });
    worker.unref();
    worker.on('message', ({ of, reason }: FromExportThread) => this.#events.onTrouble(of, reason));
    worker.on('error', (error) => this.#events.onTrouble('spans', `the export thread ended: ${error.message}`));
    worker.on('exit', () => this.#giveUpOn(worker));
    this.#worker = worker;
  }

  /** The thread is gone, and with it what it had not exported. */
  #giveUpOn(worker: Worker): void {
    if (this.#worker !== worker) return;
    this.#worker = null;
    this.#startAt = performance.now() + RESTART_AFTER_MS;
    const exported = this.#count(COUNT.SPANS_EXPORTED);
    this.#exportedBefore += exported;
    this.#failedBefore += this.#sentSpans - exported;
    this.#lostLines += this.#sentLines - this.#count(COUNT.LINES_EXPORTED);
    this.#counts = new Float64Array(COUNT_WORDS);
    this.#sentSpans = 0;
    this.#sentLines = 0;
  }
}
