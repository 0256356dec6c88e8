import { COLON, CR, FIELD_CONTENT, HEX_VALUE, isBlank, LF, TOKEN } from './octets.ts';
import type { BodyFraming } from './upstream.ts';

/** What `BodyDecoder.next` found. */
export const BODY = {
  /** All bytes were used; more are needed. */
  more: 0,
  /** A piece of the body lies between `pieceStart` and `pieceEnd`. */
  piece: 1,
  /** The body is complete. Bytes behind the returned offset do not belong to it. */
  complete: 2,
  /** The framing is broken. */
  broken: 3,
} as const;

type BodyEvent = (typeof BODY)[keyof typeof BODY];

/** Chunk extensions mean nothing here; this much of them per chunk is put up with. */
const MAX_EXTENSION_BYTES = 16 * 1024;
const MAX_TRAILER_BYTES = 16 * 1024;
const MAX_SIZE_DIGITS = 15;
/** Longer than every name in FORBIDDEN_TRAILERS. */
const TRAILER_NAME_BYTES = 20;

/** Names that would change the framing or the routing of the message after the fact (RFC 9110, section 6.5.1). */
const FORBIDDEN_TRAILERS = new Set(['content-length', 'host', 'transfer-encoding']);

/*
 * One state per place between two bytes, so that the input may be cut anywhere.
 *
 *             .------------- size > 0 --------------.
 *             v                                     |
 *   chunk: sizeFirst -> size -> [extension] -> sizeLf -> data -> dataCr -> dataLf -> sizeFirst
 *                                                   |
 *                                        size = 0   v
 *   trailer:                      trailerStart -> trailerName -> trailerValue -> trailerLf -> trailerStart
 *                                        `-> endLf -> done
 *
 *   length: counted (-> done when none are left)      close: toClose (until the connection ends)      none: done
 */
const SIZE_FIRST = 0;
const SIZE = 1;
const EXTENSION = 2;
const SIZE_LF = 3;
const DATA = 4;
const DATA_CR = 5;
const DATA_LF = 6;
const TRAILER_START = 7;
const TRAILER_NAME = 8;
const TRAILER_VALUE = 9;
const TRAILER_LF = 10;
const END_LF = 11;
const COUNTED = 12;
const TO_CLOSE = 13;
const DONE = 14;

/**
 * Finds the body in the bytes of a response. It copies nothing: the caller asks for the next event, and gets pieces as
 * offsets into the bytes it handed in. Trailers are checked and dropped.
 */
export class BodyDecoder {
  event: BodyEvent = BODY.complete;
  pieceStart = 0;
  pieceEnd = 0;

  #state = DONE;
  /** Bytes left of the body or of the current chunk. */
  #left = 0;
  #sizeDigits = 0;
  #overhead = 0;
  readonly #trailerName = Buffer.alloc(TRAILER_NAME_BYTES);
  #trailerNameLength = 0;

  /** @param length of the body in bytes, used with framing `length` only */
  reset(framing: BodyFraming, length: number): void {
    this.#left = 0;
    this.#overhead = 0;
    if (framing === 'chunked') this.#state = SIZE_FIRST;
    else if (framing === 'close') this.#state = TO_CLOSE;
    else if (framing === 'length' && length > 0) {
      this.#state = COUNTED;
      this.#left = length;
    } else this.#state = DONE;
  }

  /** Whether the end of the connection is the end of the body. */
  get endsAtClose(): boolean {
    return this.#state === TO_CLOSE;
  }

  /**
   * Reads up to the next event, which `event` then names.
   *
   * @returns the offset behind what was read
   */
  next(bytes: Uint8Array, start: number, end: number): number {
    switch (this.#state) {
      case DONE:
        this.event = BODY.complete;
        return start;
      case TO_CLOSE:
        return start === end ? this.#emitMore(end) : this.#emitPiece(start, end);
      case COUNTED: {
        const at = this.#takeCounted(start, end);
        if (this.#left === 0) this.#state = DONE;
        return at;
      }
      default:
        return this.#nextOfChunks(bytes, start, end);
    }
  }

  #takeCounted(start: number, end: number): number {
    if (start === end) return this.#emitMore(end);
    const to = end - start > this.#left ? start + this.#left : end;
    this.#left -= to - start;
    return this.#emitPiece(start, to);
  }

  #nextOfChunks(bytes: Uint8Array, start: number, end: number): number {
    let at = start;
    while (at < end) {
      if (this.#state === DATA) {
        const to = this.#takeCounted(at, end);
        if (this.#left === 0) this.#state = DATA_CR;
        return to;
      }
      this.#state = this.#state >= TRAILER_START ? this.#stepTrailer(bytes[at++]) : this.#stepChunk(bytes[at++]);
      if (this.#state === DONE) {
        this.event = BODY.complete;
        return at;
      }
      if (this.#state < 0) {
        this.event = BODY.broken;
        return at;
      }
    }
    return this.#emitMore(at);
  }

  /** @returns the next state, -1 when the octet may not stand here */
  #stepChunk(octet: number): number {
    switch (this.#state) {
      case SIZE_FIRST:
        this.#left = HEX_VALUE[octet];
        this.#sizeDigits = 1;
        this.#overhead = 0;
        return this.#left === 255 ? -1 : SIZE;
      case SIZE:
        return this.#stepSize(octet);
      case EXTENSION:
        if (octet === CR) return SIZE_LF;
        return FIELD_CONTENT[octet] === 1 && ++this.#overhead <= MAX_EXTENSION_BYTES ? EXTENSION : -1;
      case SIZE_LF:
        this.#overhead = 0;
        if (octet !== LF) return -1;
        return this.#left === 0 ? TRAILER_START : DATA;
      case DATA_CR:
        return octet === CR ? DATA_LF : -1;
      default:
        return octet === LF ? SIZE_FIRST : -1;
    }
  }

  #stepSize(octet: number): number {
    const digit = HEX_VALUE[octet];
    if (digit !== 255) {
      this.#left = this.#left * 16 + digit;
      return ++this.#sizeDigits <= MAX_SIZE_DIGITS && this.#left <= Number.MAX_SAFE_INTEGER ? SIZE : -1;
    }
    if (octet === CR) return SIZE_LF;
    return octet === 0x3b ? EXTENSION : -1;
  }

  #stepTrailer(octet: number): number {
    if (++this.#overhead > MAX_TRAILER_BYTES) return -1;
    switch (this.#state) {
      case TRAILER_START:
        if (octet === CR) return END_LF;
        this.#trailerNameLength = 0;
        return this.#stepTrailerName(octet);
      case TRAILER_NAME:
        return this.#stepTrailerName(octet);
      case TRAILER_VALUE:
        if (octet === CR) return TRAILER_LF;
        return FIELD_CONTENT[octet] === 1 || isBlank(octet) ? TRAILER_VALUE : -1;
      case TRAILER_LF:
        return octet === LF ? TRAILER_START : -1;
      default:
        return octet === LF ? DONE : -1;
    }
  }

  #stepTrailerName(octet: number): number {
    if (TOKEN[octet] === 1) {
      // A name that is cut here is longer than any forbidden one, and stays so.
      if (this.#trailerNameLength < TRAILER_NAME_BYTES) this.#trailerName[this.#trailerNameLength++] = octet;
      return TRAILER_NAME;
    }
    if (octet !== COLON || this.#trailerNameLength === 0) return -1;
    const name = this.#trailerName.toString('latin1', 0, this.#trailerNameLength).toLowerCase();
    return FORBIDDEN_TRAILERS.has(name) ? -1 : TRAILER_VALUE;
  }

  #emitPiece(start: number, end: number): number {
    this.event = BODY.piece;
    this.pieceStart = start;
    this.pieceEnd = end;
    return end;
  }

  #emitMore(at: number): number {
    this.event = BODY.more;
    return at;
  }
}
