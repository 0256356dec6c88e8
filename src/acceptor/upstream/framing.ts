import { KIND } from './header-kinds.ts';
import type { HeaderLines } from './header-lines.ts';
import { COMMA, isBlank, spells } from './octets.ts';

/** What the headers say about the length of the body, before status and method have their word. */
export interface DeclaredFraming {
  /** -1: no Content-Length. */
  contentLength: number;
  /** Null: no Transfer-Encoding. `identity` alone (an old spelling of none) is read to the end of the connection. */
  coding: 'chunked' | 'identity' | null;
}

/** Fifteen digits stay below 2^53; no honest body is longer. */
const MAX_LENGTH_DIGITS = 15;

/**
 * Reads Content-Length and Transfer-Encoding, refusing whatever two parsers could read in two ways (RFC 9112, section 6.3):
 * both headers at once, a repeated Content-Length even when equal, anything but digits in it, `chunked` twice or not last.
 * A coding besides `chunked` is refused as well: Transfer-Encoding ends at this hop, and we cannot undo a coding that we
 * never asked for, so the client would get bytes that nothing describes.
 *
 * @returns false when the message cannot be trusted
 */
export function readFraming(bytes: Uint8Array, lines: HeaderLines, into: DeclaredFraming): boolean {
  into.contentLength = -1;
  into.coding = null;
  for (let i = 0; i < lines.count; i++) {
    const kind = lines.kind(i);
    if (kind === KIND.contentLength) {
      if (into.contentLength !== -1) return false;
      into.contentLength = parseContentLength(bytes, lines.valueStart(i), lines.valueEnd(i));
      if (into.contentLength === -1) return false;
    } else if (kind === KIND.transferEncoding) {
      if (into.coding !== null) return false;
      into.coding = parseCoding(bytes, lines.valueStart(i), lines.valueEnd(i));
      if (into.coding === null) return false;
    }
  }
  return into.contentLength === -1 || into.coding === null;
}

/** @returns the length in bytes, or -1 when it is not 1 to 15 digits and nothing else */
function parseContentLength(bytes: Uint8Array, start: number, end: number): number {
  if (start === end || end - start > MAX_LENGTH_DIGITS) return -1;
  let length = 0;
  for (let at = start; at < end; at++) {
    const digit = bytes[at] - 0x30;
    if (digit < 0 || digit > 9) return -1;
    length = length * 10 + digit;
  }
  return length;
}

/** Empty list elements count for nothing (RFC 9110, section 5.6.1.2), so `, chunked` is `chunked`. */
function parseCoding(bytes: Uint8Array, start: number, end: number): 'chunked' | 'identity' | null {
  let first = start;
  let last = end;
  while (first < last && (isBlank(bytes[first]) || bytes[first] === COMMA)) first++;
  while (last > first && (isBlank(bytes[last - 1]) || bytes[last - 1] === COMMA)) last--;
  if (spells(bytes, first, last, 'chunked')) return 'chunked';
  return spells(bytes, first, last, 'identity') ? 'identity' : null;
}
