import type { BodyTap } from '../../decision.ts';
import type { ResponseStore } from './response-store.ts';

/** How a body that was to be stored has ended. */
export interface FillingEnd {
  onWhole(body: Buffer): void;
  /** Too large, or there is no room for more of them at once. */
  onTooLarge(): void;
}

/** Copies a body that streams past, up to a limit. Nothing is stored before it is complete. */
export class Filling implements BodyTap {
  readonly #store: ResponseStore;
  readonly #maxBytes: number;
  readonly #end: FillingEnd;
  #pieces: Buffer[] = [];
  #bytes = 0;
  #hasEnded = false;

  constructor(store: ResponseStore, maxBytes: number, end: FillingEnd) {
    this.#store = store;
    this.#maxBytes = maxBytes;
    this.#end = end;
  }

  onChunk(chunk: Buffer): void {
    if (this.#hasEnded) return;
    if (this.#bytes + chunk.length > this.#maxBytes || !this.#store.reserve(chunk.length)) {
      this.drop();
      this.#end.onTooLarge();
      return;
    }
    this.#bytes += chunk.length;
    this.#pieces.push(Buffer.from(chunk));
  }

  onComplete(): void {
    if (this.#hasEnded) return;
    // A place of its own: a part of Node's pool of small buffers would keep the whole of it in memory.
    const body = Buffer.allocUnsafeSlow(this.#bytes);
    let at = 0;
    for (const piece of this.#pieces) at += piece.copy(body, at);
    this.drop();
    this.#end.onWhole(body);
  }

  /** Lets go of what has come so far. Idempotent. */
  drop(): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#store.release(this.#bytes);
    this.#pieces = [];
  }
}

/** Two who want to see one body. */
export function bothTaps(first: BodyTap | null, second: BodyTap): BodyTap {
  if (first === null) return second;
  return {
    onChunk: (chunk) => {
      first.onChunk(chunk);
      second.onChunk(chunk);
    },
    onComplete: () => {
      first.onComplete();
      second.onComplete();
    },
  };
}
