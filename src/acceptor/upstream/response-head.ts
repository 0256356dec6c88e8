import { STATUS_CODES } from 'node:http';
import { type ConnectionOptions, readConnectionOptions } from './connection-options.ts';
import { type DeclaredFraming, readFraming } from './framing.ts';
import { KIND } from './header-kinds.ts';
import { HeaderLines, INCOMPLETE, MALFORMED, TOO_LARGE } from './header-lines.ts';
import { CR, FIELD_CONTENT, LF, SPACE, spells } from './octets.ts';
import type { BodyFraming, ResponseHead } from './upstream.ts';

/** No response head of honest software comes near this. */
export const MAX_HEAD_BYTES = 64 * 1024;

const NO_BYTES = Buffer.alloc(0);
const VERSION_PREFIX = Buffer.from('HTTP/1.', 'latin1');

/** Reason phrases by status, so that the usual ones need no new string. */
const REASONS = Array.from({ length: 600 }, (_, status) => STATUS_CODES[status] ?? '');

/**
 * A response head as offsets into the bytes it was read from: no string is made for a header nobody asks for.
 * One object serves one connection for life and is refilled by `parse`.
 */
export class UpstreamResponseHead implements ResponseHead {
  status = 0;
  reason = '';
  framing: BodyFraming = 'none';
  contentLength = -1;
  arrivedWhole = false;
  /** The connection may carry another request once this response is complete, as far as the head can tell. */
  persistent = false;
  /** How long the upstream says it keeps an idle connection, in milliseconds; -1: it does not say. */
  idleHintMs = -1;

  #bytes: Buffer = NO_BYTES;
  #minorVersion = 1;
  /** Where the status code begins: what goes to the client, whose listener writes its own version before it. */
  #statusStart = 0;
  /** The blank before an empty reason was left out; a client is owed it (RFC 9112, section 4). */
  #blankMissing = false;
  readonly #lines = new HeaderLines();
  readonly #declared: DeclaredFraming = { contentLength: -1, coding: null };
  readonly #options: ConnectionOptions = { close: false, keepAlive: false, idleHintMs: -1 };

  /**
   * Parses one head. Strict where leniency lets two readers disagree (RFC 9112, sections 4 to 6): see HeaderLines and
   * `readFraming`. One CRLF before the status line is forgiven.
   *
   * @param bytes must keep its content for as long as this object is asked for headers
   * @param isHead the request's method was HEAD
   * @returns the offset behind the empty line, or INCOMPLETE, MALFORMED or TOO_LARGE; only in the first case does the
   *   object hold a head
   */
  parse(bytes: Buffer, start: number, end: number, isHead: boolean): number {
    this.#bytes = bytes;
    let at = skipStrayLine(bytes, start, end);
    if (at >= 0) at = this.#parseStatusLine(bytes, at, end);
    if (at >= 0) at = this.#lines.parse(bytes, at, end);
    if (at === INCOMPLETE && end - start >= MAX_HEAD_BYTES) return TOO_LARGE;
    if (at < 0) return at;
    if (at - start > MAX_HEAD_BYTES) return TOO_LARGE;
    return this.#settle(isHead) ? at : MALFORMED;
  }

  /** `HTTP/1.x SP 3DIGIT SP reason CRLF`; the blank before an empty reason may be missing. */
  #parseStatusLine(bytes: Buffer, start: number, end: number): number {
    const digits = start + VERSION_PREFIX.length + 2;
    for (let i = 0; i < VERSION_PREFIX.length; i++) {
      if (start + i === end) return INCOMPLETE;
      if (bytes[start + i] !== VERSION_PREFIX[i]) return MALFORMED;
    }
    if (digits + 3 >= end) return INCOMPLETE;
    this.#statusStart = digits;
    this.#minorVersion = bytes[digits - 2] - 0x30;
    if ((this.#minorVersion !== 0 && this.#minorVersion !== 1) || bytes[digits - 1] !== SPACE) return MALFORMED;
    this.status = parseStatus(bytes, digits);
    if (this.status < 0) return MALFORMED;
    let at = digits + 3;
    this.#blankMissing = bytes[at] === CR;
    if (bytes[at] === SPACE) at++;
    else if (bytes[at] !== CR) return MALFORMED;
    const reasonStart = at;
    while (at < end && FIELD_CONTENT[bytes[at]] === 1) at++;
    if (at === end) return INCOMPLETE;
    if (bytes[at] !== CR) return MALFORMED;
    if (at + 1 === end) return INCOMPLETE;
    if (bytes[at + 1] !== LF) return MALFORMED;
    this.reason = reasonPhrase(bytes, this.status, reasonStart, at);
    return at + 2;
  }

  /** Decides framing and persistence (RFC 9112, sections 6.3 and 9.3). False: the message cannot be trusted. */
  #settle(isHead: boolean): boolean {
    const status = this.status;
    const lines = this.#lines;
    this.framing = 'none';
    this.contentLength = -1;
    this.arrivedWhole = false;
    // Framing headers mean nothing on an interim response (RFC 9110, section 15.2). 101 answers an Upgrade we never send.
    if (status < 200) return status !== 101;
    if (!readFraming(this.#bytes, lines, this.#declared)) return false;
    const { contentLength, coding } = this.#declared;
    if (status !== 204) this.contentLength = contentLength;
    if (isHead || status === 204 || status === 304) this.framing = 'none';
    else if (coding === 'chunked') this.framing = 'chunked';
    else if (coding === 'identity' || contentLength === -1) this.framing = 'close';
    else this.framing = 'length';
    this.#decidePersistence(coding !== null);
    return true;
  }

  #decidePersistence(hasCoding: boolean): void {
    const options = this.#options;
    readConnectionOptions(this.#bytes, this.#lines, options);
    this.idleHintMs = options.idleHintMs;
    this.persistent = !options.close && this.framing !== 'close';
    // HTTP/1.0 must ask for persistence, and knows no transfer coding: one there is a fault (RFC 9112, section 6.1).
    if (this.#minorVersion === 0) this.persistent &&= options.keepAlive && !hasCoding;
  }

  header(name: string): string | null {
    const lines = this.#lines;
    for (let i = 0; i < lines.count; i++) {
      if (spells(this.#bytes, lines.nameStart(i), lines.nameEnd(i), name)) {
        return this.#bytes.toString('latin1', lines.valueStart(i), lines.valueEnd(i));
      }
    }
    return null;
  }

  joinedHeader(name: string): string | null {
    const lines = this.#lines;
    let joined: string | null = null;
    for (let i = 0; i < lines.count; i++) {
      if (!spells(this.#bytes, lines.nameStart(i), lines.nameEnd(i), name)) continue;
      const value = this.#bytes.toString('latin1', lines.valueStart(i), lines.valueEnd(i));
      joined = joined === null ? value : `${joined}, ${value}`;
    }
    return joined;
  }

  hide(name: string): void {
    const lines = this.#lines;
    for (let i = 0; i < lines.count; i++) {
      if (spells(this.#bytes, lines.nameStart(i), lines.nameEnd(i), name)) lines.setKind(i, KIND.dropped);
    }
  }

  copyStatusAndHeaders(target: Buffer, offset: number): number {
    const lines = this.#lines;
    const count = lines.count;
    let at = offset;
    // The status line and the header lines behind it are one range, up to the first line that stays behind.
    let from = this.#statusStart;
    let i = 0;
    if (this.#blankMissing) {
      at += target.write(`${this.status} \r\n`, at, 'latin1');
      from = count === 0 ? lines.end : lines.nameStart(0);
    }
    for (;;) {
      while (i < count && lines.kind(i) === KIND.endToEnd) i++;
      const to = i === count ? lines.end : lines.nameStart(i);
      if (at + to - from > target.length) return -1;
      at = copyRange(this.#bytes, from, to, target, at);
      while (i < count && lines.kind(i) !== KIND.endToEnd) i++;
      if (i === count) return at;
      from = lines.nameStart(i);
    }
  }
}

/** Below this a loop is quicker than the set-up of a native copy. */
const SHORT_RANGE_BYTES = 256;

/** @returns the offset in `target` behind the range */
function copyRange(source: Buffer, from: number, to: number, target: Buffer, offset: number): number {
  let at = offset;
  if (to - from > SHORT_RANGE_BYTES) return at + source.copy(target, at, from, to);
  for (let i = from; i < to; i++) target[at++] = source[i];
  return at;
}

/** @returns the offset behind one empty line, if there is one (RFC 9112, section 2.2); INCOMPLETE when it is cut in two */
function skipStrayLine(bytes: Buffer, start: number, end: number): number {
  if (start === end || bytes[start] !== CR) return start;
  if (start + 1 === end) return INCOMPLETE;
  return bytes[start + 1] === LF ? start + 2 : start;
}

/** @returns 100 to 599, or -1 */
function parseStatus(bytes: Buffer, at: number): number {
  const hundreds = bytes[at] - 0x30;
  const tens = bytes[at + 1] - 0x30;
  const ones = bytes[at + 2] - 0x30;
  if (hundreds < 1 || hundreds > 5 || tens < 0 || tens > 9 || ones < 0 || ones > 9) return -1;
  return hundreds * 100 + tens * 10 + ones;
}

function reasonPhrase(bytes: Buffer, status: number, start: number, end: number): string {
  const usual = REASONS[status];
  if (usual.length !== end - start) return bytes.toString('latin1', start, end);
  for (let i = 0; i < usual.length; i++) {
    if (bytes[start + i] !== usual.charCodeAt(i)) return bytes.toString('latin1', start, end);
  }
  return usual;
}
