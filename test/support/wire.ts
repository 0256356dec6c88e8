/** One TCP or TLS connection, byte for byte, from either end: what a test sends is exactly what goes out. */
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { DEFAULT_DEADLINE_MS, within } from './deadline.ts';

/** How the peer ended the connection: an orderly close of its side, or a reset. */
export type WireEnd = 'closed' | 'reset';

export class Wire {
  readonly socket: Socket;
  #pieces: Buffer[] = [];
  #end: WireEnd | null = null;
  #wake: (() => void) | null = null;

  /** @param socket connected, with no data listener yet */
  constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (piece: Buffer) => {
      this.#pieces.push(piece);
      this.#wake?.();
    });
    socket.on('end', () => this.#ended('closed'));
    socket.on('close', () => this.#ended('closed'));
    socket.on('error', () => this.#ended('reset'));
  }

  #ended(how: WireEnd): void {
    this.#end ??= how;
    this.#wake?.();
  }

  /** How the peer ended the connection, null while it has not. */
  get end(): WireEnd | null {
    return this.#end;
  }

  /** Bytes received and not taken yet. */
  get pending(): Buffer {
    if (this.#pieces.length > 1) this.#pieces = [Buffer.concat(this.#pieces)];
    return this.#pieces[0] ?? Buffer.alloc(0);
  }

  /** Sends bytes (text as latin1) and waits until the kernel has them. Does nothing once the connection is gone. */
  async send(bytes: string | Uint8Array): Promise<void> {
    if (!this.socket.writable) return;
    await new Promise<void>((done) => {
      if (typeof bytes === 'string') this.socket.write(bytes, 'latin1', () => done());
      else this.socket.write(bytes, () => done());
    });
  }

  /** Sends one byte at a time, each its own write, so that the receiver meets every split. */
  async trickle(bytes: string): Promise<void> {
    for (const byte of bytes) await this.send(byte);
  }

  /** Takes the next bytes as soon as there are `count` of them. */
  readBytes(count: number, ms: number = DEFAULT_DEADLINE_MS): Promise<Buffer> {
    return this.take(`${count} bytes`, (bytes) => (bytes.length >= count ? count : null), ms).then(([bytes]) => bytes);
  }

  /** Takes everything up to and including a mark. */
  readThrough(mark: string, ms: number = DEFAULT_DEADLINE_MS): Promise<string> {
    const find = (bytes: Buffer): number | null => {
      const at = bytes.indexOf(mark, 0, 'latin1');
      return at === -1 ? null : at + mark.length;
    };
    return this.take(JSON.stringify(mark), find, ms).then(([bytes]) => bytes.toString('latin1'));
  }

  /** Waits for the end of the connection and takes everything that came before it. */
  async readToEnd(ms: number = DEFAULT_DEADLINE_MS): Promise<{ readonly bytes: Buffer; readonly end: WireEnd }> {
    const [bytes, end] = await this.take('end', (all, ended) => (ended === null ? null : all.length), ms);
    return { bytes, end: end ?? 'closed' };
  }

  /**
   * Waits until `measure` says how many of the pending bytes to take, and takes them.
   *
   * @param measure called with every pending byte, again after each arrival; null: not yet
   * @throws Error when the time is up, when the connection ends first, or whatever `measure` throws
   */
  async take(
    what: string,
    measure: (bytes: Buffer, end: WireEnd | null) => number | null,
    ms: number = DEFAULT_DEADLINE_MS,
  ): Promise<[bytes: Buffer, end: WireEnd | null]> {
    const seen = (): string => `Received so far: ${JSON.stringify(this.pending.toString('latin1', 0, 2_000))}`;
    for (;;) {
      const bytes = this.pending;
      const count = measure(bytes, this.#end);
      if (count !== null) {
        this.#pieces = count < bytes.length ? [bytes.subarray(count)] : [];
        return [bytes.subarray(0, count), this.#end];
      }
      if (this.#end !== null) throw new Error(`the connection was ${this.#end} while waiting for ${what}. ${seen()}`);
      await within(new Promise<void>((wake) => (this.#wake = wake)), what, ms, seen);
    }
  }

  /** Stops reading, so that the peer's writes fill the buffers in between. */
  pause(): void {
    this.socket.pause();
  }

  resume(): void {
    this.socket.resume();
  }

  /** Closes this side in an orderly way; what the peer still sends is read. */
  finish(): void {
    this.socket.end();
  }

  /** Resets the connection (RST), as a crashed peer would. */
  async reset(): Promise<void> {
    if (this.socket.destroyed) return;
    const closed = once(this.socket, 'close');
    // `resetAndDestroy` would send a FIN first, which is an orderly end when the peer reads it before the RST.
    (this.socket as Socket & { resetAndClosing: boolean }).resetAndClosing = true;
    this.socket.destroy();
    await closed;
  }

  /** Waits until the peer has ended the connection, whatever it sent before. */
  async ended(ms: number = DEFAULT_DEADLINE_MS): Promise<WireEnd> {
    const [, end] = await this.take('end', (_, ended) => (ended === null ? null : 0), ms);
    return end ?? 'closed';
  }
}
