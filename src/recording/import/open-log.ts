/** Opens a log: decompressed where it is compressed, its first lines looked at to find its format. */
import { createReadStream } from 'node:fs';
import { pipeline, Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';

/** Compressed data starts with these (RFC 1952, section 2.3.1). */
const GZIP_MAGIC = [0x1f, 0x8b];
/** Enough for some lines of any log: where there is more before the first request, `--format` names the format. */
const SAMPLE_BYTES = 64 * 1024;
const SAMPLE_LINES = 100;

export interface OpenLog {
  /** First lines of the file, a character for each octet; the last one may be cut. */
  readonly sample: readonly string[];
  /** All bytes of the file, those of the sample included. Ends with an error when the file cannot be read, or decompressed, further. */
  readonly bytes: AsyncIterable<Uint8Array>;
}

/** @throws Error of the system, or of zlib, when not even the sample can be read */
export async function openLog(path: string): Promise<OpenLog> {
  const file = await readAhead(createReadStream(path), GZIP_MAGIC.length);
  const isGzip = GZIP_MAGIC.every((byte, index) => file.head[index] === byte);
  const plain = isGzip ? await readAhead(gunzip(file.bytes), SAMPLE_BYTES) : await readAhead(file.bytes, SAMPLE_BYTES);
  const lines = plain.head
    .subarray(0, SAMPLE_BYTES)
    .toString('latin1')
    .replace(/^\xEF\xBB\xBF/, '')
    .split(/\r?\n/, SAMPLE_LINES);
  return { sample: lines, bytes: plain.bytes };
}

function gunzip(bytes: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  // What goes wrong is thrown to whoever reads the result.
  return pipeline(Readable.from(bytes, { objectMode: false }), createGunzip(), () => {});
}

/** Reads until there are so many bytes, or the end. @returns them, and everything from the beginning on */
async function readAhead(
  source: AsyncIterable<Uint8Array>,
  wanted: number,
): Promise<{ head: Buffer; bytes: AsyncIterable<Uint8Array> }> {
  const chunks = source[Symbol.asyncIterator]();
  const read: Uint8Array[] = [];
  let isEnd = false;
  for (let length = 0; length < wanted && !isEnd; ) {
    const next = await chunks.next();
    isEnd = next.done === true;
    if (next.done !== true) {
      read.push(next.value);
      length += next.value.length;
    }
  }
  const head = Buffer.concat(read);
  return { head, bytes: replay(head, chunks) };
}

async function* replay(head: Uint8Array, rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    if (head.length > 0) yield head;
    for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield next.value;
  } finally {
    await rest.return?.();
  }
}
