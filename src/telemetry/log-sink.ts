import { constants, fstatSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { isatty } from 'node:tty';
import sonicBoom, { type SonicBoom } from 'sonic-boom';
import { LINE_BYTES } from './log-line.ts';

/**
 * One open log: whole lines go in, and either reach the file descriptor or are counted as lost.
 *
 *   write() --> SonicBoom's buffer, at most PENDING_BYTES --> fs.write, one chunk at a time: in the thread pool where it could
 *                 |                                            wait, at once where it cannot
 *                 full: the chunk is lost, counted               '- EAGAIN, ENOSPC, EPIPE ...: the chunk stays, and is
 *                                                                  tried again with the next write or after a while
 *
 * Chunks are ASCII, one byte a character. A write through the pool wakes a thread, which wakes the loop: on a busy
 * core that costs more than the write itself, whatever its size.
 *
 * Nobody is paused when the log is slow: that is the point.
 */

/** What waits for a slow log at most: some 10,000 lines of one acceptor. */
const PENDING_BYTES = 4 * 1024 * 1024;

/**
 * A regular file opened for appending takes any write as a whole; a pipe only up to PIPE_BUF. Several acceptors write to
 * the same one, so a chunk is never larger than what cannot be mixed with theirs.
 */
const FILE_CHUNK_BYTES = 64 * 1024;

/** A pipe is emptied in an instant once its reader reads again, a disk is not. */
const RETRY_MS = { pipe: 5, other: 1000 } as const;

const STDOUT_FD = 1;

export interface LogSinkEvents {
  /** Lines that will never be written. */
  onLost(lines: number): void;
  /** A write failed after one that worked, or after none. */
  onTrouble(error: Error): void;
}

export class LogSink {
  /** Largest chunk that is written without a chance of being mixed with another process's lines. */
  readonly chunkBytes: number;
  readonly #fd: number;
  /** A write could make its thread wait. */
  readonly #canWait: boolean;
  readonly #out: SonicBoom;
  readonly #events: LogSinkEvents;
  /** Chunks taken and not yet written: what is left of their bytes, and their lines. */
  readonly #pending: { bytes: number; readonly lines: number }[] = [];
  #retry: NodeJS.Timeout | null = null;
  #failing = false;
  #refused = false;

  private constructor(fd: number, chunkBytes: number, events: LogSinkEvents, canWait: boolean) {
    this.chunkBytes = chunkBytes;
    this.#fd = fd;
    this.#canWait = canWait;
    this.#events = events;
    this.#out = new sonicBoom.SonicBoom({
      fd,
      maxLength: PENDING_BYTES,
      maxWrite: chunkBytes,
      // Its own answer to EAGAIN is to wait 100 ms for a pipe that may be empty again after one.
      retryEAGAIN: () => false,
    });
    this.#out.on('drop', () => (this.#refused = true));
    this.#out.on('write', (bytes: number) => this.#onWritten(bytes));
    this.#out.on('error', (error: NodeJS.ErrnoException) => this.#onError(error));
  }

  /**
   * Opens a log.
   *
   * @param file absolute path, its folder is made when missing; null for standard output
   * @throws Error of the file system when it cannot be opened
   */
  static open(file: string | null, events: LogSinkEvents): LogSink {
    if (file === null) return LogSink.over(ownStdout(), events);
    mkdirSync(dirname(file), { recursive: true });
    const fd = openSync(
      file,
      constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NONBLOCK,
      0o640,
    );
    return LogSink.over(fd, events);
  }

  /** A log on an open descriptor. Non-blocking pipes and devices that are no terminals cannot make a writer wait. */
  static over(fd: number, events: LogSinkEvents): LogSink {
    const stat = fstatSync(fd);
    const canWait = !stat.isFIFO() && !(stat.isCharacterDevice() && !isatty(fd));
    const isWhole = stat.isFile() || (!canWait && !stat.isFIFO());
    return new LogSink(fd, isWhole ? FILE_CHUNK_BYTES : LINE_BYTES, events, canWait);
  }

  /**
   * Takes `lines` whole lines, at most `chunkBytes` of ASCII together. Never throws, never waits.
   */
  write(chunk: string, lines: number): void {
    const written = this.#canWait || this.#pending.length > 0 ? 0 : this.#writeAtOnce(chunk);
    if (written === chunk.length) return;
    const rest = written === 0 ? chunk : chunk.slice(written);
    this.#refused = false;
    this.#out.write(rest);
    if (this.#refused) this.#events.onLost(lines);
    else this.#pending.push({ bytes: rest.length, lines });
  }

  /** @returns the bytes written; what keeps the rest from it, the pool will meet again and tell */
  #writeAtOnce(chunk: string): number {
    try {
      const written = writeSync(this.#fd, chunk, null, 'latin1');
      this.#failing = false;
      return written;
    } catch {
      return 0;
    }
  }

  /**
   * Writes what is pending, then closes the log. What is not written within the limit is counted as lost.
   */
  async close(limitMs: number): Promise<void> {
    if (this.#pending.length > 0) await this.#drained(limitMs);
    if (this.#retry !== null) clearTimeout(this.#retry);
    this.#out.destroy();
    let lost = 0;
    for (const { lines } of this.#pending) lost += lines;
    if (lost > 0) this.#events.onLost(lost);
  }

  #drained(limitMs: number): Promise<void> {
    return new Promise((resolve) => {
      const limit = setTimeout(resolve, limitMs);
      this.#out.once('drain', () => {
        clearTimeout(limit);
        resolve();
      });
    });
  }

  #onWritten(bytes: number): void {
    this.#failing = false;
    for (let left = bytes; left > 0 && this.#pending.length > 0; ) {
      const [first] = this.#pending;
      const taken = Math.min(left, first.bytes);
      left -= taken;
      if ((first.bytes -= taken) === 0) this.#pending.shift();
    }
  }

  #onError(error: NodeJS.ErrnoException): void {
    const isFull = error.code === 'EAGAIN';
    if (!isFull && !this.#failing) this.#events.onTrouble(error);
    this.#failing ||= !isFull;
    this.#retry ??= setTimeout(
      () => {
        this.#retry = null;
        this.#out.flush();
      },
      isFull ? RETRY_MS.pipe : RETRY_MS.other,
    ).unref();
  }
}

/**
 * A file descriptor for standard output. A pipe is opened once more, as non-blocking: a write to a pipe that nobody reads
 * would hold a thread of the pool for good, and Node waits for its pool when the process exits. The mode is set on an opening
 * of its own because the one inherited is shared with every process that has it. (A socket, which systemd's journal
 * gives, cannot be opened again: there a journal that stands still does hold one thread.)
 */
function ownStdout(): number {
  if (!fstatSync(STDOUT_FD).isFIFO()) return STDOUT_FD;
  return openSync('/proc/self/fd/1', constants.O_WRONLY | constants.O_NONBLOCK);
}
