/**
 * Logs to the exchanges of a recording:
 *
 *   file --open-log--> bytes --LogFormat--> records --+--> rejected: counted, handed to onReject
 *                                                     `--> conceal --> ArrivalWindow --> merge --> spread --> exchanges
 */
import type { RecordedExchange } from '../recorded-exchange.ts';
import { ArrivalWindow, mergeLogs } from './arrival-order.ts';
import type { Concealer } from './conceal.ts';
import { isRejection, type LogFormat, type LoggedRequest, type LogRecord } from './log-format.ts';
import { spreadSeconds } from './spread-seconds.ts';
import { type LogCounts, Tally } from './tally.ts';

/** A log that is open, and whose format is known. */
export interface LogSource {
  readonly file: string;
  readonly format: LogFormat;
  readonly bytes: AsyncIterable<Uint8Array>;
}

export interface ImportOptions {
  /** For requests whose log names no host. */
  readonly host: string;
  readonly concealer: Concealer;
  /** Gets what is rejected, as it stands in the log. Reading goes on when it resolves. */
  readonly onReject: (file: string, record: LogRecord, reason: string) => Promise<void>;
}

/** Logs on their way into one recording. Read once. */
export class LogImport {
  /** When the first request came, in milliseconds since the epoch; null: none has been read yet. */
  beganMs: number | null = null;
  readonly #logs: readonly OneLog[];
  readonly #options: ImportOptions;

  constructor(sources: readonly LogSource[], options: ImportOptions) {
    this.#options = options;
    this.#logs = sources.map((source) => new OneLog(source, options));
  }

  /** All exchanges, in the order in which the requests came. Fails only when `onReject` does. */
  async *exchanges(): AsyncGenerator<RecordedExchange> {
    const merged = mergeLogs(this.#logs.map((log) => log.requests()));
    for await (const { arrivedMs, isWholeSecond: _, ...request } of spreadSeconds(merged)) {
      this.beganMs ??= arrivedMs;
      const host = request.host ?? this.#options.host;
      const upstreamMs = request.upstreamMs === null ? null : inMicroseconds(request.upstreamMs);
      yield { ...request, at: inMicroseconds(arrivedMs - this.beganMs), host, upstreamMs, consumer: null, route: null };
    }
  }

  counts(): LogCounts[] {
    return this.#logs.map((log) => log.counts());
  }
}

/** Milliseconds, with as much behind the point as a microsecond: all else is noise of the arithmetic. */
const inMicroseconds = (ms: number): number => Math.round(ms * 1000) / 1000;

class OneLog {
  readonly #source: LogSource;
  readonly #options: ImportOptions;
  readonly #tally = new Tally();
  readonly #window = new ArrivalWindow();

  constructor(source: LogSource, options: ImportOptions) {
    this.#source = source;
    this.#options = options;
  }

  async *requests(): AsyncGenerator<LoggedRequest> {
    const window = this.#window;
    try {
      for await (const record of this.#source.format.read(this.#source.bytes)) {
        if (record === null) this.#tally.passedOver++;
        else if (await this.#take(record)) yield window.take()!;
      }
    } catch (error) {
      if (error instanceof RejectsError) throw error.cause;
      this.#tally.problem = (error as Error).message;
    }
    for (let next = window.take(); next !== null; next = window.take()) yield next;
  }

  counts(): LogCounts {
    const { file, format } = this.#source;
    return this.#tally.counts({ file, format: format.name, unit: format.unit, moved: this.#window.moved });
  }

  /** @returns whether the window is full */
  async #take(record: LogRecord): Promise<boolean> {
    const { outcome } = record;
    if (!isRejection(outcome)) {
      this.#tally.imported++;
      if (outcome.host === null) this.#tally.withoutHost++;
      return this.#window.add(this.#options.concealer.conceal(outcome), record.bytes);
    }
    this.#tally.reject(outcome.rejected, record.place);
    await this.#options.onReject(this.#source.file, record, outcome.rejected).catch((cause: unknown) => {
      throw new RejectsError('rejected records cannot be written', { cause });
    });
    return false;
  }
}

/** Tells what failed in `onReject` from what failed in reading the log. */
class RejectsError extends Error {}
