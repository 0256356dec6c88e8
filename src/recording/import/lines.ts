/** Bytes to lines, whatever the bytes are. */

/** Longer lines are not held: 4 MiB. */
export const MAX_LINE_BYTES = 4 * 1024 * 1024;

export interface Line {
  /** From 1. */
  readonly number: number;
  /** Without its line break; invalid UTF-8 is replaced, and a line that is too long is cut. */
  readonly text: string;
  readonly bytes: number;
  /** Null, or why the text is not what the file holds. */
  readonly problem: string | null;
}

const NOT_UTF8 = 'bytes that are no UTF-8';
const TOO_LONG = `longer than ${MAX_LINE_BYTES / 1024 / 1024} MiB`;
/** How much of a line that is too long is kept, to be shown. */
const KEPT_BYTES = 1024;
const LF = 0x0a;
const CR = 0x0d;

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Splits at LF or CRLF. A last line without a line break counts; a byte order mark does not. */
export async function* splitLines(input: AsyncIterable<Uint8Array>): AsyncGenerator<Line> {
  const open = new OpenLine();
  for await (const chunk of input) {
    let from = 0;
    for (let end = chunk.indexOf(LF); end !== -1; end = chunk.indexOf(LF, from)) {
      open.append(chunk.subarray(from, end));
      yield open.end();
      from = end + 1;
    }
    open.append(chunk.subarray(from));
  }
  if (open.bytes > 0) yield open.end();
}

/** The line that is being read. */
class OpenLine {
  bytes = 0;
  #number = 0;
  #pieces: Uint8Array[] = [];

  append(piece: Uint8Array): void {
    const room = MAX_LINE_BYTES - this.bytes;
    this.bytes += piece.length;
    // Copied: the stream may use the memory of its chunk again.
    if (piece.length > 0 && room > 0) this.#pieces.push(piece.slice(0, room));
  }

  end(): Line {
    const { bytes } = this;
    const held = this.#pieces.length === 1 ? this.#pieces[0]! : Buffer.concat(this.#pieces);
    this.#number++;
    this.#pieces = [];
    this.bytes = 0;
    const number = this.#number;
    if (bytes > MAX_LINE_BYTES) return { number, text: lossy(held.subarray(0, KEPT_BYTES)), bytes, problem: TOO_LONG };
    const content = held.at(-1) === CR ? held.subarray(0, -1) : held;
    return { number, bytes, ...decode(content, number) };
  }
}

function decode(content: Uint8Array, number: number): { text: string; problem: string | null } {
  try {
    const text = strict.decode(content);
    return { text: number === 1 && text.startsWith('\uFEFF') ? text.slice(1) : text, problem: null };
  } catch {
    return { text: lossy(content), problem: NOT_UTF8 };
  }
}

const lossy = (content: Uint8Array): string => Buffer.from(content).toString('utf8');
