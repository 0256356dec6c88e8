import { randomBytes } from 'node:crypto';

/** What a request id taken over from a trusted proxy may look like; anything else is replaced. */
const ACCEPTABLE = /^[\x21-\x7e]{1,128}$/;

/**
 * Makes request ids: 16 random hex digits of this acceptor, then a counter. Unique without asking for randomness each
 * time; not a secret, so that it may be guessed.
 */
export class RequestIds {
  readonly #prefix: string;
  #counter = 0;

  constructor(prefix: string = randomBytes(8).toString('hex')) {
    this.#prefix = prefix;
  }

  next(): string {
    this.#counter = (this.#counter + 1) >>> 0;
    return this.#prefix + (0x1_0000_0000 + this.#counter).toString(16).slice(1);
  }

  /** The id a trusted proxy sent, if it is fit to be logged and forwarded; otherwise a new one. */
  adopt(sent: string | null): string {
    return sent !== null && ACCEPTABLE.test(sent) ? sent : this.next();
  }
}
