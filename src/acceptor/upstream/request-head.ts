import { COLON, CR, FIELD_CONTENT, LF, SPACE, TOKEN } from './octets.ts';

/** What a request head is made of. Hop-by-hop headers and framing headers are not among `headers`: framing is made here. */
export interface RequestHeadParts {
  readonly method: string;
  /** Path and query as the upstream is to see them; begins with `/`, or is `*`. */
  readonly target: string;
  readonly host: string;
  /** Names and values alternate; a name may come more than once. */
  readonly headers: readonly string[];
  /** Header lines of the gateway's own, without CRLF. */
  readonly extraLines: readonly string[];
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
  const { headers, extraLines, bodyLength } = parts;
  let text = `${parts.method} ${parts.target} HTTP/1.1\r\nhost: ${parts.host}\r\n`;
  let lines = 2 + extraLines.length;
  for (let i = 0; i < headers.length; i += 2) text += `${headers[i]}: ${headers[i + 1]}\r\n`;
  lines += headers.length >> 1;
  for (let i = 0; i < extraLines.length; i++) text += `${extraLines[i]}\r\n`;
  if (bodyLength !== null) {
    text += bodyLength === 'chunked' ? 'transfer-encoding: chunked\r\n' : `content-length: ${bodyLength}\r\n`;
    lines++;
  }
  text += '\r\n';
  return isRequestHead(text, lines) ? text : null;
}

/** Whether the text is a request line and `lines - 1` header lines: a part with a line break in it would have made more. */
function isRequestHead(text: string, lines: number): boolean {
  let at = endOfRequestLine(text);
  for (let line = 1; line < lines; line++) {
    if (at === -1) return false;
    at = endOfHeaderLine(text, at);
  }
  return at !== -1 && at === text.length - 2;
}

/** `token SP target SP HTTP/1.1 CRLF`, where the target holds no blank. @returns the offset of the next line, or -1 */
function endOfRequestLine(text: string): number {
  let at = endOfToken(text, 0);
  if (at === 0 || text.charCodeAt(at) !== SPACE) return -1;
  const target = ++at;
  while (isVisible(text.charCodeAt(at))) at++;
  if (at === target) return -1;
  return text.startsWith(' HTTP/1.1\r\n', at) ? at + 11 : -1;
}

/** `token ":" content CRLF`. @returns the offset of the next line, or -1 */
function endOfHeaderLine(text: string, start: number): number {
  let at = endOfToken(text, start);
  if (at === start || text.charCodeAt(at) !== COLON) return -1;
  at++;
  for (let code = text.charCodeAt(at); code <= 0xff && FIELD_CONTENT[code] === 1; code = text.charCodeAt(at)) at++;
  return text.charCodeAt(at) === CR && text.charCodeAt(at + 1) === LF ? at + 2 : -1;
}

function endOfToken(text: string, start: number): number {
  let at = start;
  for (let code = text.charCodeAt(at); code <= 0x7f && TOKEN[code] === 1; code = text.charCodeAt(at)) at++;
  return at;
}

function isVisible(code: number): boolean {
  return code > SPACE && code !== 0x7f && code <= 0xff;
}
