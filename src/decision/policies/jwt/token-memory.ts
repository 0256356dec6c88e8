import { LRUCache } from 'lru-cache';
import type { Consumer } from '../../consumers.ts';
import type { Claims } from '../../found-identity.ts';

/** A token that was verified: everything that follows from it, ready for use. */
export interface RememberedToken {
  /** All of what was found in the request. */
  readonly text: string;
  readonly claims: Claims;
  readonly consumer: Consumer | null;
  /** When it is good, in milliseconds since the epoch. */
  readonly from: number;
  readonly until: number;
  /** Header lines for the upstream: names and values alternate. */
  readonly lines: readonly string[];
}

/** Text of remembered tokens, for one policy of one acceptor. */
const MOST_CHARACTERS = 16 * 1024 * 1024;

/** The end of a signature: 144 bits of it. */
const TAIL_CHARACTERS = 24;

/**
 * Verified tokens by their text. A token is found by its end and then compared as a whole, because to hash all of its 500 to 1000
 * characters, as a map does with a string that is new, takes longer than everything else about a token that was seen before.
 * Two tokens with the same end push each other out, and neither is ever taken for the other.
 */
export class TokenMemory {
  readonly #tokens: LRUCache<string, RememberedToken>;

  constructor(most: number) {
    this.#tokens = new LRUCache({
      max: most,
      maxSize: MOST_CHARACTERS,
      sizeCalculation: ({ text }) => text.length,
    });
  }

  get(text: string): RememberedToken | null {
    const token = this.#tokens.get(text.slice(-TAIL_CHARACTERS));
    return token !== undefined && token.text === text ? token : null;
  }

  add(token: RememberedToken): void {
    // A copy of its own: what was found may be a view of a whole request head, which would stay with it.
    const text = Buffer.from(token.text, 'latin1').toString('latin1');
    this.#tokens.set(text.slice(-TAIL_CHARACTERS), { ...token, text });
  }

  remove({ text }: RememberedToken): void {
    this.#tokens.delete(text.slice(-TAIL_CHARACTERS));
  }

  clear(): void {
    this.#tokens.clear();
  }
}
