/** How much of a body is handed to the downstream at once: what it does not take is held in memory, once for each client. */
export const PIECE_BYTES = 64 * 1024;

/**
 * A whole body that goes out piece by piece, the next when the client has taken the one before. Many clients that read slowly
 * what is in memory once must not put it there many times.
 */
export class PacedBody {
  readonly #body: Buffer;
  #sent = 0;

  constructor(body: Buffer) {
    this.#body = body;
  }

  /** Null: that was all. */
  next(): Buffer | null {
    if (this.#sent === this.#body.length) return null;
    const piece = this.#body.subarray(this.#sent, this.#sent + PIECE_BYTES);
    this.#sent += piece.length;
    return piece;
  }
}
