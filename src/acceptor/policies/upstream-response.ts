import type { PolicyResponse } from '../../decision/decision.ts';
import type { HeaderChanges } from '../../decision/header-changes.ts';
import { appendHeaderLines, renderResponseHead } from '../response/render-head.ts';
import type { ResponseHead } from '../upstream/upstream.ts';

const MAX_HEAD_BYTES = 128 * 1024;

/**
 * The head of an upstream's response as policies see it. It reads from the connection's own head as long as that is good, and
 * from a copy once it was told to `keep` what it has: a policy that waits outlives the read in which the head arrived.
 */
export class UpstreamResponse implements PolicyResponse {
  readonly source = 'upstream';
  readonly status: number;
  readonly contentLength: number;
  readonly isBodyless: boolean;
  #date: string | null = null;
  #head: ResponseHead | null;
  #statusLine = '';
  /** Lower-case name, and the line as sent without CRLF; alternating. */
  #lines: readonly string[] = [];

  constructor(head: ResponseHead) {
    this.status = head.status;
    this.contentLength = head.contentLength;
    this.isBodyless = head.framing === 'none';
    this.#head = head;
  }

  header(name: string): string | null {
    if (this.#head !== null) return this.#head.joinedHeader(name);
    if (name === 'date') return this.#date;
    let joined: string | null = null;
    for (let i = 0; i < this.#lines.length; i += 2) {
      if (this.#lines[i] !== name) continue;
      const value = fieldValueOf(this.#lines[i + 1]!);
      joined = joined === null ? value : `${joined}, ${value}`;
    }
    return joined;
  }

  headers(): readonly string[] {
    const lines = this.#head === null ? this.#lines : (readLines(this.#head)?.lines ?? []);
    return lines.map((text, at) => (at % 2 === 0 ? text : fieldValueOf(text)));
  }

  /** Copies what of the head goes to the client. To be called before its handler returns. False: it is too large to handle. */
  keep(): boolean {
    if (this.#head === null) return true;
    const read = readLines(this.#head);
    if (read === null) return false;
    this.#date = this.#head.header('date');
    this.#head = null;
    this.#statusLine = read.statusLine;
    this.#lines = read.lines;
    return true;
  }

  /** The head for `Downstream.respond` and `begin`, as `renderResponseHead` makes it; null when it is too large. */
  render(changes: HeaderChanges | null, requestId: string): Buffer | null {
    if (this.#head !== null) return renderResponseHead(this.#head, requestId, changes);
    let text = this.#statusLine;
    for (let i = 0; i < this.#lines.length; i += 2) {
      if (changes === null || !changes.hides(this.#lines[i]!)) text += `\r\n${this.#lines[i + 1]}`;
    }
    if (this.header('x-request-id') === null) text += `\r\nx-request-id: ${requestId}`;
    return Buffer.from(text + appendHeaderLines(changes), 'latin1');
  }
}

/** The head in lines: lower-case name, and the line as sent; alternating. Null: it is too large to handle. */
function readLines(head: ResponseHead): { readonly statusLine: string; readonly lines: readonly string[] } | null {
  const bytes = Buffer.allocUnsafe(MAX_HEAD_BYTES);
  const end = head.copyStatusAndHeaders(bytes, 0);
  if (end < 0) return null;
  const [statusLine, ...lines] = bytes.toString('latin1', 0, end - '\r\n'.length).split('\r\n');
  const named = lines.flatMap((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line]);
  return { statusLine: statusLine!, lines: named };
}

function fieldValueOf(line: string): string {
  return line.slice(line.indexOf(':') + 1).trim();
}
