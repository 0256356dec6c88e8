import { kindOf } from './header-kinds.ts';
import { COLON, CR, FIELD_CONTENT, isBlank, LF, TOKEN } from './octets.ts';

/** What a parser returns instead of an offset. */
export const INCOMPLETE = -1;
export const MALFORMED = -2;
export const TOO_LARGE = -3;

export const MAX_HEADERS = 200;

/**
 * The header lines of one message as offsets into the bytes they were read from, four per line:
 *
 *   Content-Type:  text/plain \r\n
 *   ^           ^  ^         ^    ^
 *   |           |  |         |    `- where the next line's name starts
 *   |           |  |         `- valueEnd (blanks around the value are not part of it)
 *   |           |  `- valueStart
 *   |           `- nameEnd
 *   `- nameStart
 *
 * Lines follow each other without a gap, so a run of lines is one range of bytes.
 */
export class HeaderLines {
  readonly #offsets = new Int32Array(4 * MAX_HEADERS);
  readonly #kinds = new Uint8Array(MAX_HEADERS);
  #count = 0;
  /** Where the empty line begins: the end of the last header line. */
  #end = 0;

  get count(): number {
    return this.#count;
  }

  get end(): number {
    return this.#end;
  }

  nameStart(index: number): number {
    return this.#offsets[4 * index];
  }

  nameEnd(index: number): number {
    return this.#offsets[4 * index + 1];
  }

  valueStart(index: number): number {
    return this.#offsets[4 * index + 2];
  }

  valueEnd(index: number): number {
    return this.#offsets[4 * index + 3];
  }

  /** One of KIND. */
  kind(index: number): number {
    return this.#kinds[index];
  }

  setKind(index: number, kind: number): void {
    this.#kinds[index] = kind;
  }

  /**
   * Parses header lines up to the empty line. Strict: every line ends in CRLF, a name is a token with the colon right
   * behind it, a value holds no control character but HTAB, and a line that begins with a blank (obs-fold, RFC 9112,
   * section 5.2) is refused because its name is no token.
   *
   * @returns the offset behind the empty line, INCOMPLETE, MALFORMED, or TOO_LARGE beyond MAX_HEADERS
   */
  parse(bytes: Uint8Array, start: number, end: number): number {
    const offsets = this.#offsets;
    this.#count = 0;
    let at = start;
    for (;;) {
      if (at + 1 >= end) return INCOMPLETE;
      if (bytes[at] === CR) {
        this.#end = at;
        return bytes[at + 1] === LF ? at + 2 : MALFORMED;
      }
      if (this.#count === MAX_HEADERS) return TOO_LARGE;
      const nameStart = at;
      while (at < end && TOKEN[bytes[at]] === 1) at++;
      if (at === end) return INCOMPLETE;
      if (bytes[at] !== COLON || at === nameStart) return MALFORMED;
      const nameEnd = at++;
      while (at < end && isBlank(bytes[at])) at++;
      const valueStart = at;
      while (at < end && FIELD_CONTENT[bytes[at]] === 1) at++;
      if (at === end) return INCOMPLETE;
      if (bytes[at] !== CR) return MALFORMED;
      if (at + 1 === end) return INCOMPLETE;
      if (bytes[at + 1] !== LF) return MALFORMED;
      let valueEnd = at;
      while (valueEnd > valueStart && isBlank(bytes[valueEnd - 1])) valueEnd--;
      const slot = 4 * this.#count;
      offsets[slot] = nameStart;
      offsets[slot + 1] = nameEnd;
      offsets[slot + 2] = valueStart;
      offsets[slot + 3] = valueEnd;
      this.#kinds[this.#count++] = kindOf(bytes, nameStart, nameEnd);
      at += 2;
    }
  }
}
