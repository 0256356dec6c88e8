/** Bytes to lines, whatever the bytes are. */

/** Longer lines are not held: 4 MiB. */
export const MAX_LINE_BYTES = 4 * 1024 * 1024;

export interface Line {
  /** From 1. */
  readonly number: number;
  /** Without its line break, and without a byte order mark. Only the beginning of a line that is too long. */
  readonly content: Buffer;
  /** Bytes of the whole line. */
  readonly bytes: number;
}

/** How much of a line that is too long is kept, to be shown. */
const KEPT_BYTES = 1024;
const LF = 0x0a;
const CR = 0x0d;
const BYTE_ORDER_MARK = Buffer.from('\uFEFF');

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
    if (piece.length > 0 && room > 0) this.#pieces.push(piece.subarray(0, room));
  }

  end(): Line {
    const { bytes } = this;
    let content = Buffer.concat(this.#pieces);
    this.#number++;
    this.#pieces = [];
    this.bytes = 0;
    if (bytes > MAX_LINE_BYTES) content = content.subarray(0, KEPT_BYTES);
    if (content.at(-1) === CR) content = content.subarray(0, -1);
    const isMarked = this.#number === 1 && BYTE_ORDER_MARK.equals(content.subarray(0, BYTE_ORDER_MARK.length));
    return { number: this.#number, content: isMarked ? content.subarray(BYTE_ORDER_MARK.length) : content, bytes };
  }
}
