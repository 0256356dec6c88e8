import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createWriteStream, type WriteStream } from 'node:fs';
import { rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { finished } from 'node:stream/promises';
import { createGzip, type Gzip } from 'node:zlib';
import type { RecordedExchange, RecordingEnd, RecordingHead } from './recorded-exchange.ts';

/** Text gathered for one write. */
const CHUNK_CHARACTERS = 64 * 1024;
const WRITTEN: Promise<void> = Promise.resolve();

/** The line of an exchange, without its end: members that are null are left out. */
export function renderExchange(exchange: RecordedExchange): string {
  return JSON.stringify({
    at: exchange.at,
    scheme: exchange.scheme ?? undefined,
    method: exchange.method,
    host: exchange.host,
    path: exchange.path,
    headers: exchange.headers,
    body: exchange.body ?? undefined,
    client: exchange.client ?? undefined,
    consumer: exchange.consumer ?? undefined,
    route: exchange.route ?? undefined,
    status: exchange.status,
    responseBytes: exchange.responseBytes ?? undefined,
    upstreamMs: exchange.upstreamMs ?? undefined,
  });
}

/**
 * Writes a recording, compressed when its name ends in `.gz`. What is written is seen under its name only once it is whole:
 * until `finish` it is a hidden file beside it, which `abandon` takes away.
 */
export class RecordingWriter {
  /** Exchanges written so far. */
  exchanges = 0;
  readonly #path: string;
  readonly #hiddenPath: string;
  readonly #file: WriteStream;
  readonly #gzip: Gzip | null;
  #chunk = '';
  #failure: Error | null = null;
  /** Wakes the one who waits to write more. */
  #goOn: () => void = () => {};

  private constructor(path: string) {
    this.#path = path;
    this.#hiddenPath = join(dirname(path), `.${basename(path)}.${randomBytes(4).toString('hex')}.part`);
    this.#file = createWriteStream(this.#hiddenPath, { flags: 'wx', mode: 0o600 });
    this.#gzip = path.endsWith('.gz') ? createGzip({ level: 6 }) : null;
    const fail = (error: Error) => {
      this.#failure ??= error;
      this.#gzip?.destroy();
      this.#goOn();
    };
    this.#file.on('error', fail);
    this.#gzip?.on('error', fail).pipe(this.#file);
    (this.#gzip ?? this.#file).on('drain', () => this.#goOn());
  }

  /** @throws Error when the file cannot be made there, or something else stands there that must not be replaced: a folder, a device */
  static async open(path: string, head: RecordingHead): Promise<RecordingWriter> {
    const there = await stat(path).catch(() => null);
    if (there !== null && !there.isFile()) throw new Error(`${path} is no file that could be replaced by a recording`);
    const writer = new RecordingWriter(path);
    await once(writer.#file, 'open');
    writer.#chunk = `${JSON.stringify(head)}\n`;
    return writer;
  }

  /** Resolves when more may be written. Rejects when the file can be written no further. */
  write(exchange: RecordedExchange): Promise<void> {
    return this.writeLine(renderExchange(exchange));
  }

  /** As `write`, for an exchange that is a line already. */
  writeLine(line: string): Promise<void> {
    this.exchanges++;
    this.#chunk += line;
    this.#chunk += '\n';
    return this.#chunk.length < CHUNK_CHARACTERS ? WRITTEN : this.#flush();
  }

  /**
   * Completes the recording and gives it its name, in the place of a file that has it.
   *
   * @param dropped exchanges that should have been written; null: nobody counted, and there is no last line
   * @throws Error of the system; the hidden file is gone then
   */
  async finish(dropped: number | null): Promise<void> {
    try {
      if (dropped !== null) {
        const end: RecordingEnd = { end: { exchanges: this.exchanges, dropped } };
        this.#chunk += `${JSON.stringify(end)}\n`;
      }
      await this.#flush();
      const written = finished(this.#file);
      (this.#gzip ?? this.#file).end();
      await written;
      await rename(this.#hiddenPath, this.#path);
    } catch (error) {
      await this.abandon();
      throw error;
    }
  }

  /** Forgets all that was written. */
  async abandon(): Promise<void> {
    this.#gzip?.destroy();
    this.#file.destroy();
    await rm(this.#hiddenPath, { force: true });
  }

  async #flush(): Promise<void> {
    const chunk = this.#chunk;
    this.#chunk = '';
    if (this.#failure !== null) throw this.#failure;
    const stream = this.#gzip ?? this.#file;
    if (stream.write(chunk)) return;
    await new Promise<void>((resolve) => {
      this.#goOn = resolve;
    });
    if (this.#failure !== null) throw this.#failure;
  }
}
