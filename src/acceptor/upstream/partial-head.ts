import { MAX_HEAD_BYTES } from './response-head.ts';

const NO_BYTES = Buffer.alloc(0);
const HEAD_END = Buffer.from('\r\n\r\n', 'latin1');

/** The beginning of a response head that was cut by the end of a read. */
export class PartialHead {
  #bytes: Buffer = NO_BYTES;

  get isEmpty(): boolean {
    return this.#bytes.length === 0;
  }

  /** Copies what must outlive the read buffer. */
  keep(bytes: Buffer, start: number, end: number): void {
    this.#bytes = Buffer.from(bytes.subarray(start, end));
  }

  /**
   * Adds what was read next.
   *
   * @returns all bytes so far, in memory of their own; null while they hold no whole head and may still grow, so that a
   *   head that trickles in is not parsed again for every byte
   */
  append(bytes: Buffer, start: number, end: number): Buffer | null {
    const searchFrom = Math.max(0, this.#bytes.length - (HEAD_END.length - 1));
    const joined = Buffer.concat([this.#bytes, bytes.subarray(start, end)]);
    this.#bytes = joined;
    return joined.length >= MAX_HEAD_BYTES || joined.indexOf(HEAD_END, searchFrom) >= 0 ? joined : null;
  }

  clear(): void {
    this.#bytes = NO_BYTES;
  }
}
