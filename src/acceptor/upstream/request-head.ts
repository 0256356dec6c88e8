import { COLON, CR, FIELD_CONTENT, LF, SPACE, TOKEN } from './octets.ts';

/** What a request head is made of. Hop-by-hop headers and framing headers are not among `headers`: framing is made here. */
export interface RequestHeadParts {
  readonly method: string;
  /** Path and query as the upstream is to see them; begins with `/`, or is `*`. */
  readonly target: string;
  readonly host: string;
  /** Names and values alternate; a name may come more than once. */
  readonly headers: readonly string[];
  /** Header lines of the gateway's own, each with its CRLF, and how many they are. */
  readonly ownLines: string;
  readonly ownLineCount: number;
  /** Length of the body in bytes; `chunked` when it is not known; null: there is no body and no word about it. */
  readonly bodyLength: number | 'chunked' | null;
}

/**
 * Renders a request head as latin1 text, from the request line to the empty line, ready for `UpstreamConnection.send`.
 *
 * What goes in was checked where it came from. It is checked again here, because this is the last place where a value with
 * a line break in it would become a header, or a request, of its own.
 *
 * @returns null when a part holds what cannot stand in its place: a control character, a character beyond latin1 (whose low
 *   byte could be a line break), or a blank in the request line
 */
export function renderRequestHead(parts: RequestHeadParts): string | null {
  const { headers, bodyLength } = parts;
  let text = `${parts.method} ${parts.target} HTTP/1.1\r\nhost: ${parts.host}\r\n`;
  let lines = 2 + parts.ownLineCount + (headers.length >> 1);
  for (let i = 0; i < headers.length; i += 2) text += `${headers[i]}: ${headers[i + 1]}\r\n`;
  text += parts.ownLines;
  if (bodyLength !== null) {
    text += bodyLength === 'chunked' ? 'transfer-encoding: chunked\r\n' : `content-length: ${bodyLength}\r\n`;
    lines++;
  }
  text += '\r\n';
  return isRequestHead(text, lines) ? text : null;
}

/** For one-byte strings V8 sees at compile time that this cannot match, so asking costs next to nothing. */
const BEYOND_LATIN1 = /[^\x00-\xff]/;

/**
 * Where a head is put to be looked at: going over bytes costs 0.3 us, over the characters of a string that was just
 * concatenated ten times that (370 characters, Node 20).
 */
const SCRATCH = Buffer.allocUnsafeSlow(64 * 1024);

const END_OF_REQUEST_LINE = Buffer.from(' HTTP/1.1\r\n', 'latin1');

/** Whether the text is a request line and `lines - 1` header lines: a part with a line break in it would have made more. */
function isRequestHead(text: string, lines: number): boolean {
  if (BEYOND_LATIN1.test(text)) return false;
  const bytes = text.length <= SCRATCH.length ? SCRATCH : Buffer.allocUnsafe(text.length);
  const end = bytes.write(text, 0, 'latin1');
  let at = endOfRequestLine(bytes, end);
  for (let line = 1; line < lines && at !== -1; line++) at = endOfHeaderLine(bytes, at, end);
  return at === end - 2;
}

/** `token SP target SP HTTP/1.1 CRLF`, where the target holds no blank. @returns the offset of the next line, or -1 */
function endOfRequestLine(bytes: Buffer, end: number): number {
  let at = endOfToken(bytes, 0, end);
  if (at === 0 || bytes[at] !== SPACE) return -1;
  const target = ++at;
  while (at < end && isVisible(bytes[at])) at++;
  if (at === target) return -1;
  for (let i = 0; i < END_OF_REQUEST_LINE.length; i++) {
    if (bytes[at++] !== END_OF_REQUEST_LINE[i]) return -1;
  }
  return at;
}

/** `token ":" content CRLF`. @returns the offset of the next line, or -1 */
function endOfHeaderLine(bytes: Buffer, start: number, end: number): number {
  let at = endOfToken(bytes, start, end);
  if (at === start || bytes[at] !== COLON) return -1;
  at++;
  while (at < end && FIELD_CONTENT[bytes[at]] === 1) at++;
  return bytes[at] === CR && bytes[at + 1] === LF ? at + 2 : -1;
}

function endOfToken(bytes: Buffer, start: number, end: number): number {
  let at = start;
  while (at < end && TOKEN[bytes[at]] === 1) at++;
  return at;
}

function isVisible(octet: number): boolean {
  return octet > SPACE && octet !== 0x7f;
}
