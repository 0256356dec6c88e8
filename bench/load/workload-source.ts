/** Reads a workload file (see workload.ts) as an endless row of requests, ready to be written to a socket. */
import { type FileHandle, open } from 'node:fs/promises';
import { LineParser, type LoadRequest } from './workload-line.ts';

/** A file up to this size is kept, parsed, and costs nothing more; of a larger one this much is read ahead. A line is never longer. */
const WINDOW_BYTES = 16 * 1024 * 1024;
const PIECE_BYTES = 256 * 1024;
const LF = 0x0a;

export interface WorkloadSource {
  /** How often the workload had been sent as a whole when the last request was taken; 0 at first. */
  readonly lap: number;
  /**
   * The next request; null when the disk has not kept up.
   *
   * @throws Error naming file and line when a line is none of a workload's, or when there is not a single one
   */
  next(): LoadRequest | null;
  close(): Promise<void>;
}

/**
 * Opens a workload and fills its window. Rejects like `next`, or with the error of the file system.
 *
 * @param windowBytes how much of it may be in memory
 */
export async function openWorkload(path: string, windowBytes: number = WINDOW_BYTES): Promise<WorkloadSource> {
  const file = await open(path);
  const { size } = await file.stat();
  if (size > windowBytes) {
    const source = new StreamedWorkload(path, file, windowBytes);
    await source.readAhead();
    return source;
  }
  const text = await file.readFile();
  await file.close();
  return new KeptWorkload(path, text);
}

class KeptWorkload implements WorkloadSource {
  lap = 0;
  readonly #requests: LoadRequest[] = [];
  #at = 0;

  constructor(path: string, text: Buffer) {
    const lines = new LineParser(path);
    for (let start = 0; start < text.length; ) {
      const newline = text.indexOf(LF, start);
      const end = newline === -1 ? text.length : newline;
      this.#requests.push(lines.parse(text.toString('utf8', start, end)));
      start = end + 1;
    }
    lines.endLap();
  }

  next(): LoadRequest {
    if (this.#at === this.#requests.length) {
      this.#at = 0;
      this.lap++;
    }
    return this.#requests[this.#at++];
  }

  async close(): Promise<void> {}
}

/** Stands between the last piece of one lap and the first of the next. */
const LAP_END = Buffer.alloc(0);

/*
 *   file --- readAhead, while less than a window waits ---> #pieces --- next, a line at a time ---> requests
 */
class StreamedWorkload implements WorkloadSource {
  lap = 0;
  readonly #file: FileHandle;
  readonly #lines: LineParser;
  readonly #windowBytes: number;
  readonly #pieces: Buffer[] = [];
  /** How much of the first piece was taken. */
  #taken = 0;
  #waitingBytes = 0;
  #position = 0;
  #lastByte = LF;
  #isReading = false;
  #isClosed = false;
  #failure: unknown = null;

  constructor(path: string, file: FileHandle, windowBytes: number) {
    this.#file = file;
    this.#windowBytes = windowBytes;
    this.#lines = new LineParser(path);
  }

  next(): LoadRequest | null {
    if (this.#failure !== null) throw this.#failure;
    const line = this.#takeLine();
    if (!this.#isReading && (line === null || this.#waitingBytes <= this.#windowBytes / 2)) void this.readAhead();
    return line === null ? null : this.#lines.parse(line);
  }

  #takeLine(): string | null {
    for (;;) {
      if (this.#pieces.length === 0) return null;
      const piece = this.#pieces[0];
      const newline = piece.indexOf(LF, this.#taken);
      if (newline !== -1) {
        const line = piece.toString('utf8', this.#taken, newline);
        this.#waitingBytes -= newline + 1 - this.#taken;
        this.#taken = newline + 1;
        return line;
      }
      if (this.#taken < piece.length) {
        if (!this.#joinPieces()) return null;
      } else {
        this.#pieces.shift();
        this.#taken = 0;
        if (piece === LAP_END) {
          this.#lines.endLap();
          this.lap++;
        }
      }
    }
  }

  /** Puts the rest of the first piece and all that were read behind it together, for a line that was cut. */
  #joinPieces(): boolean {
    const lapEnd = this.#pieces.indexOf(LAP_END);
    const count = lapEnd === -1 ? this.#pieces.length : lapEnd;
    if (count === 1) {
      if (this.#waitingBytes >= this.#windowBytes) throw this.#lines.error(`is longer than ${this.#windowBytes} bytes`);
      return false;
    }
    const [first, ...others] = this.#pieces.splice(0, count);
    this.#pieces.unshift(Buffer.concat([first.subarray(this.#taken), ...others]));
    this.#taken = 0;
    return true;
  }

  async readAhead(): Promise<void> {
    this.#isReading = true;
    try {
      while (this.#waitingBytes < this.#windowBytes && !this.#isClosed) await this.#readPiece();
    } catch (error) {
      this.#failure ??= error;
    }
    this.#isReading = false;
  }

  async #readPiece(): Promise<void> {
    const buffer = Buffer.allocUnsafeSlow(Math.min(PIECE_BYTES, this.#windowBytes - this.#waitingBytes));
    const { bytesRead } = await this.#file.read(buffer, 0, buffer.length, this.#position);
    this.#position += bytesRead;
    if (bytesRead > 0) {
      this.#pieces.push(buffer.subarray(0, bytesRead));
      this.#waitingBytes += bytesRead;
      this.#lastByte = buffer[bytesRead - 1];
      return;
    }
    if (this.#position === 0) throw this.#lines.error('is missing: the workload is empty');
    if (this.#lastByte !== LF) {
      this.#pieces.push(Buffer.from([LF]));
      this.#waitingBytes++;
      this.#lastByte = LF;
    }
    this.#pieces.push(LAP_END);
    this.#position = 0;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#file.close();
  }
}
