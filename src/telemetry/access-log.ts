import type { AccessLogTarget } from '../config/compiled-telemetry.ts';
import type { ExchangeRecord } from './exchange-record.ts';
import { LineRenderer } from './log-line.ts';
import { LogSink, type LogSinkEvents } from './log-sink.ts';

/** How long a log that could not be opened is left alone. */
const REOPEN_AFTER_MS = 1000;

/** How long a line waits at most for others to be written with: a write costs more than the lines in it (see log-sink.ts). */
const GATHER_MS = 20;

/** Where whole lines go. */
export interface LineSink {
  /** Largest chunk that `write` takes. */
  readonly chunkBytes: number;
  /** Takes `lines` whole lines of ASCII. Never throws, never waits. */
  write(chunk: string, lines: number): void;
  /** Writes what is pending, for at most `limitMs`. The last call. */
  close(limitMs: number): Promise<void>;
}

export interface AccessLogOptions extends LogSinkEvents {
  /** In place of the target's file or standard output. */
  readonly sink?: LineSink;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
  /** From 0 on, below 1. */
  readonly random?: () => number;
}

/**
 * One line for each exchange, or for a share of them, written beside the requests and never in their way.
 *
 * `add` only remembers the exchange. Once the loop has served the sockets of this turn, the lines of all that ended in it
 * are rendered, so that no response waits for a line, and wait a moment for more to be written with. A log that is slow, full, gone or not to
 * be opened loses lines, which are counted; nothing here throws.
 */
export class AccessLog {
  readonly #target: Pick<AccessLogTarget, 'file' | 'sample'>;
  readonly #events: LogSinkEvents;
  readonly #now: () => number;
  readonly #random: () => number;
  readonly #renderer = new LineRenderer();
  readonly #write = () => this.#writeBatch();
  readonly #flush = () => this.#handOver();
  #batch: ExchangeRecord[] = [];
  /** Rendered lines that wait to be written. */
  #chunk = '';
  #lines = 0;
  #flushTimer: NodeJS.Timeout | null = null;
  /** Null while the log cannot be opened. */
  #sink: LineSink | null;
  #openAgainAt = 0;

  constructor(
    target: Pick<AccessLogTarget, 'file' | 'sample'>,
    { onLost, onTrouble, sink, now = Date.now, random = Math.random }: AccessLogOptions,
  ) {
    this.#target = target;
    this.#events = { onLost, onTrouble };
    this.#now = now;
    this.#random = random;
    this.#sink = sink ?? this.#open();
  }

  /** Takes an exchange that has ended; the record must stay as it is. */
  add(exchange: ExchangeRecord): void {
    const { sample } = this.#target;
    if (sample < 1 && exchange.error === null && this.#random() >= sample) return;
    if (this.#batch.push(exchange) === 1) setImmediate(this.#write);
  }

  /**
   * Goes on in a new file of the same name, for when a rotation has moved the old one. When it cannot be opened, the old
   * one is kept. Does nothing where there is no file. Resolves when the old one holds all that belongs there.
   */
  async reopen(): Promise<void> {
    if (this.#target.file === null) return;
    const old = this.#sink;
    const opened = this.#open();
    if (opened === null) return;
    this.#handOver();
    this.#sink = opened;
    await old?.close(REOPEN_AFTER_MS);
  }

  /** Writes what is left, for at most `limitMs`, and closes the log. The last call. */
  async close(limitMs: number): Promise<void> {
    this.#writeBatch();
    this.#handOver();
    const sink = this.#sink;
    this.#sink = null;
    this.#openAgainAt = Number.POSITIVE_INFINITY;
    await sink?.close(limitMs);
  }

  #writeBatch(): void {
    const batch = this.#batch;
    if (batch.length === 0) return;
    this.#batch = [];
    const now = this.#now();
    if (this.#sink === null && now >= this.#openAgainAt) this.#sink = this.#open();
    if (this.#sink === null) this.#events.onLost(batch.length);
    else this.#writeLines(this.#sink, batch, now);
  }

  #writeLines(sink: LineSink, batch: readonly ExchangeRecord[], now: number): void {
    for (const exchange of batch) {
      const line = this.#renderer.render(exchange, now);
      if (this.#chunk.length + line.length > sink.chunkBytes) this.#handOver();
      this.#chunk += line;
      this.#lines++;
    }
    this.#flushTimer ??= setTimeout(this.#flush, GATHER_MS);
  }

  #handOver(): void {
    if (this.#flushTimer !== null) clearTimeout(this.#flushTimer);
    this.#flushTimer = null;
    if (this.#lines === 0) return;
    const [chunk, lines] = [this.#chunk, this.#lines];
    this.#chunk = '';
    this.#lines = 0;
    if (this.#sink === null) this.#events.onLost(lines);
    else this.#sink.write(chunk, lines);
  }

  #open(): LogSink | null {
    try {
      return LogSink.open(this.#target.file, this.#events);
    } catch (error) {
      this.#openAgainAt = this.#now() + REOPEN_AFTER_MS;
      this.#events.onTrouble(error as Error);
      return null;
    }
  }
}
