import type { HeaderChanges } from '../../decision/header-changes.ts';

/** What a request head is made of. Hop-by-hop headers and framing headers are not among `headers`: framing is made here. */
export interface RequestHeadParts {
  readonly method: string;
  /** Path and query as the upstream is to see them; begins with `/`, or is `*`. */
  readonly target: string;
  readonly host: string;
  /** Names and values alternate; a name may come more than once. */
  readonly headers: readonly string[];
  /** What policies change about them; null: nothing. */
  readonly changes: HeaderChanges | null;
  /** Header lines of the gateway's own, each with its CRLF. */
  readonly ownLines: string;
  /** Length of the body in bytes; `chunked` when it is not known; null: there is no body and no word about it. */
  readonly bodyLength: number | 'chunked' | null;
}

/**
 * Renders a request head as latin1 text, from the request line to the empty line, ready for `UpstreamConnection.send`.
 *
 * A line break in a part would become a header, or a request, of its own. Parts are checked where they come in, once:
 * the listener's head reader for what a client sends, normalisation for host and path, the schema for what the config says.
 * test/support/request-head-oracle.ts holds the heads that come out of it against the grammar.
 */
export function renderRequestHead(parts: RequestHeadParts): string {
  const { headers, bodyLength } = parts;
  let text = `${parts.method} ${parts.target} HTTP/1.1\r\nhost: ${parts.host}\r\n`;
  const { changes } = parts;
  if (changes === null) {
    for (let i = 0; i < headers.length; i += 2) text += `${headers[i]}: ${headers[i + 1]}\r\n`;
  } else {
    for (let i = 0; i < headers.length; i += 2) {
      if (!changes.hides(headers[i]!)) text += `${headers[i]}: ${headers[i + 1]}\r\n`;
    }
    const { added } = changes;
    for (let i = 0; i < added.length; i += 2) text += `${added[i]}: ${added[i + 1]}\r\n`;
  }
  text += parts.ownLines;
  if (bodyLength !== null) {
    text += bodyLength === 'chunked' ? 'transfer-encoding: chunked\r\n' : `content-length: ${bodyLength}\r\n`;
  }
  return `${text}\r\n`;
}
