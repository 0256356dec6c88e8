import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { parseExchange, parseRecordingEnd, parseRecordingHead } from './parse-exchange.ts';
import type { RecordedExchange, RecordingEnd, RecordingHead } from './recorded-exchange.ts';
import { linesOf, type TextLine } from './recording-lines.ts';

const READ_BYTES = 256 * 1024;
const MAX_LINE_BYTES = 8 * 1024 * 1024;

/** A line that is no exchange. Its text is not told: it may hold what should not get into a log. */
export interface BadLine {
  /** From 1, the head's. */
  readonly line: number;
  readonly reason: string;
}

export interface ReadOptions {
  /** Told of each bad line; all are counted in `badLines`, too. */
  readonly onBadLine?: (bad: BadLine) => void;
  /** A longer line is a bad one. */
  readonly maxLineBytes?: number;
}

/** What is read is no recording, or could not be read to its end. The message is a sentence for people, with its place. */
export class RecordingError extends Error {
  override readonly name = 'RecordingError';
}

/**
 * Opens a recording, compressed with gzip or not, and reads its head.
 *
 * @param source path of a file, or a stream of its bytes
 * @throws RecordingError when there is none
 */
export async function readRecording(source: string | Readable, options: ReadOptions = {}): Promise<Recording> {
  const name = typeof source === 'string' ? source : 'the recording';
  const stream = typeof source === 'string' ? createReadStream(source, { highWaterMark: READ_BYTES }) : source;
  const lines = linesOf(stream, options.maxLineBytes ?? MAX_LINE_BYTES);
  try {
    const { value: first, done } = await lines.next();
    const [line, ...rest] = done === true ? [] : first;
    const head = parseRecordingHead(line?.text ?? '');
    if (typeof head === 'string') throw new RecordingError(`${name}:1: ${head}`);
    return new Recording(name, head, rest, lines, options.onBadLine ?? (() => {}));
  } catch (error) {
    await lines.return(undefined);
    throw error instanceof RecordingError ? error : new RecordingError(`${name}: ${(error as Error).message}`);
  }
}

/**
 * A recording that is being read, once, from its beginning: whole batches for those who count microseconds, or one exchange
 * after the other (`for await (const exchange of recording)`). Leaving either loop closes the file.
 */
export class Recording {
  readonly head: RecordingHead;
  /** The last line, once it has been read; null: not yet, or there is none. */
  end: RecordingEnd | null = null;
  /** Read so far. */
  exchanges = 0;
  badLines = 0;
  readonly #name: string;
  readonly #firstLines: readonly TextLine[];
  readonly #lines: AsyncGenerator<readonly TextLine[]>;
  readonly #onBadLine: (bad: BadLine) => void;
  #lastAt = 0;

  constructor(
    name: string,
    head: RecordingHead,
    firstLines: readonly TextLine[],
    lines: AsyncGenerator<readonly TextLine[]>,
    onBadLine: (bad: BadLine) => void,
  ) {
    this.#name = name;
    this.head = head;
    this.#firstLines = firstLines;
    this.#lines = lines;
    this.#onBadLine = onBadLine;
  }

  /**
   * Exchanges in lists, as they come out of the file; none is empty.
   *
   * @throws RecordingError when the file cannot be read further
   */
  async *batches(): AsyncGenerator<readonly RecordedExchange[]> {
    try {
      const first = this.#parse(this.#firstLines);
      if (first.length > 0) yield first;
      for await (const lines of this.#lines) {
        const batch = this.#parse(lines);
        if (batch.length > 0) yield batch;
      }
    } catch (error) {
      throw new RecordingError(`${this.#name}: after ${this.exchanges} exchanges: ${(error as Error).message}`);
    } finally {
      await this.#lines.return(undefined);
    }
  }

  /** @throws RecordingError as `batches` */
  async *[Symbol.asyncIterator](): AsyncGenerator<RecordedExchange> {
    for await (const batch of this.batches()) yield* batch;
  }

  #parse(lines: readonly TextLine[]): RecordedExchange[] {
    const batch: RecordedExchange[] = [];
    for (const { number, text } of lines) {
      if (text !== null && text.trim() === '') continue;
      const exchange = text === null ? 'the line is too long' : this.#parseLine(text);
      if (exchange === null) continue;
      if (typeof exchange !== 'string') batch.push(exchange);
      else {
        this.badLines++;
        this.#onBadLine({ line: number, reason: exchange });
      }
    }
    this.exchanges += batch.length;
    return batch;
  }

  /** Null: it is the last line. */
  #parseLine(text: string): RecordedExchange | null | string {
    const end = parseRecordingEnd(text);
    if (end !== null) {
      this.end = end;
      return null;
    }
    const exchange = parseExchange(text);
    if (typeof exchange === 'string') return exchange;
    if (exchange.at < this.#lastAt) return 'this is earlier than the exchange before it';
    this.#lastAt = exchange.at;
    return exchange;
  }
}
