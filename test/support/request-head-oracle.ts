/** What a request head must look like (RFC 9112, sections 3 and 5), for tests of whatever makes one. */
import { COLON, CR, FIELD_CONTENT, LF, SPACE, TOKEN } from '../../src/acceptor/upstream/octets.ts';

const BEYOND_LATIN1 = /[^\x00-\xff]/;

const END_OF_REQUEST_LINE = Buffer.from(' HTTP/1.1\r\n', 'latin1');

/** Whether the text is a request line and `lines - 1` header lines: a part with a line break in it would have made more. */
export function isRequestHead(text: string, lines: number): boolean {
  if (BEYOND_LATIN1.test(text)) return false;
  const bytes = Buffer.from(text, 'latin1');
  const end = bytes.length;
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
