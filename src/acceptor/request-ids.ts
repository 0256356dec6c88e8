import { randomBytes } from 'node:crypto';

/** What a request id taken over from a trusted proxy may look like; anything else is replaced. */
const ACCEPTABLE = /^[\x21-\x7e]{1,128}$/;

/** `000` to `fff`. */
const LOW_DIGITS = Array.from({ length: 0x1000 }, (_, low) => low.toString(16).padStart(3, '0'));

/**
 * Makes request ids: 16 random hex digits of this acceptor, then a counter. Unique without asking for randomness each
 * time; not a secret, so that it may be guessed.
 */
export class RequestIds {
  readonly #prefix: string;
  /** Ids are numbered in blocks of 4,096: what a block's ids share is rendered once. */
  #block = '';
  #counter = 0;

  constructor(prefix: string = randomBytes(8).toString('hex')) {
    this.#prefix = prefix;
  }

  next(): string {
    const low = this.#counter & 0xfff;
    if (low === 0) this.#block = this.#prefix + (this.#counter >>> 12).toString(16).padStart(5, '0');
    this.#counter = (this.#counter + 1) >>> 0;
    return this.#block + LOW_DIGITS[low];
  }

  /** The id a trusted proxy sent, if it is fit to be logged and forwarded; otherwise a new one. */
  adopt(sent: string | null): string {
    return sent !== null && ACCEPTABLE.test(sent) ? sent : this.next();
  }
}
