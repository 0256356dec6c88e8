import { randomBytes } from 'node:crypto';

/** Random bytes are asked for in this many at a time. */
const POOL_BYTES = 4096;

/** Makes ids of traces and spans: random digits, which no other gateway has. (All zeros, which is no id, comes up once in 2^64.) */
export class TraceIds {
  #digits = '';
  #at = 0;

  /** 32 hexadecimal digits. */
  traceId(): string {
    return this.#take(32);
  }

  /** 16 hexadecimal digits. */
  spanId(): string {
    return this.#take(16);
  }

  #take(count: number): string {
    if (this.#at + count > this.#digits.length) {
      this.#digits = randomBytes(POOL_BYTES).toString('hex');
      this.#at = 0;
    }
    this.#at += count;
    return this.#digits.slice(this.#at - count, this.#at);
  }
}
