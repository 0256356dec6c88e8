/** The bytes of a recording to its lines: decompressed where they are compressed, and never held whole. */
import type { Readable } from 'node:stream';
import { pipeline, Readable as ReadableStream } from 'node:stream';
import { createGunzip } from 'node:zlib';

const LINE_FEED = 0x0a;
const NO_BYTES = Buffer.alloc(0);
/** RFC 1952, section 2.3.1. */
const GZIP_MAGIC = [0x1f, 0x8b];

/** One line of the text, without its end. */
export interface TextLine {
  /** From 1. */
  readonly number: number;
  /** Null: it is longer than the limit, and was passed over. */
  readonly text: string | null;
}

/**
 * The lines of a stream, in lists as they come. The last one may lack its line feed.
 *
 * @param maxBytes a longer line is passed over, whatever its length
 * @throws Error when the stream fails, or its compressed data is damaged or cut off
 */
export async function* linesOf(source: Readable, maxBytes: number): AsyncGenerator<readonly TextLine[]> {
  const splitter = new LineSplitter(maxBytes);
  for await (const chunk of plainBytes(source)) {
    const lines = splitter.split(chunk);
    if (lines.length > 0) yield lines;
  }
  const last = splitter.rest();
  if (last !== null) yield [last];
}

class LineSplitter {
  readonly #maxBytes: number;
  /** The line that has begun and not ended: its pieces, none of which is kept once it is too long. */
  #pieces: Buffer[] = [];
  #bytes = 0;
  #number = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  split(chunk: Buffer): TextLine[] {
    const lines: TextLine[] = [];
    let from = 0;
    for (let end = chunk.indexOf(LINE_FEED); end >= 0; end = chunk.indexOf(LINE_FEED, from)) {
      this.#keep(chunk.subarray(from, end));
      lines.push(this.#take());
      from = end + 1;
    }
    // Copied: a line of some bytes must not keep the whole chunk.
    if (from < chunk.length) this.#keep(Buffer.from(chunk.subarray(from)));
    return lines;
  }

  rest(): TextLine | null {
    return this.#bytes === 0 ? null : this.#take();
  }

  #keep(piece: Buffer): void {
    this.#bytes += piece.length;
    if (this.#bytes <= this.#maxBytes) this.#pieces.push(piece);
    else this.#pieces = [];
  }

  #take(): TextLine {
    const isKept = this.#bytes <= this.#maxBytes;
    const bytes = this.#pieces.length === 1 ? this.#pieces[0]! : Buffer.concat(this.#pieces);
    this.#pieces = [];
    this.#bytes = 0;
    this.#number++;
    return { number: this.#number, text: isKept ? bytes.toString('utf8') : null };
  }
}

async function* plainBytes(source: Readable): AsyncGenerator<Buffer> {
  const chunks = source[Symbol.asyncIterator]() as AsyncIterator<Buffer | string>;
  let begin: Buffer = NO_BYTES;
  while (begin.length < GZIP_MAGIC.length) {
    const { value, done } = await chunks.next();
    if (done === true) break;
    begin = Buffer.concat([begin, Buffer.from(value)]);
  }
  const whole = joined(begin, chunks);
  if (GZIP_MAGIC.every((byte, at) => begin[at] === byte)) {
    // What goes wrong in it is thrown where the result is read.
    yield* pipeline(ReadableStream.from(whole), createGunzip(), () => {}) as unknown as AsyncIterable<Buffer>;
  } else yield* whole;
}

async function* joined(begin: Buffer, rest: AsyncIterator<Buffer | string>): AsyncGenerator<Buffer> {
  try {
    if (begin.length > 0) yield begin;
    for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield Buffer.from(next.value);
  } finally {
    await rest.return?.();
  }
}
