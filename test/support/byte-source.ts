/** Deterministic bytes of any length, for bodies too large to keep: what is sent can be checked without holding it. */
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';

const PIECE_BYTES = 65_536;

/** One repeated piece, made from the seed; no two seeds give the same. */
function piece(seed: string): Buffer {
  const block = createHash('sha512').update(seed).digest('hex');
  return Buffer.from(block.repeat(PIECE_BYTES / block.length), 'latin1');
}

/** Yields exactly `bytes` bytes in pieces of at most 64 KiB. */
export function* fillerPieces(seed: string, bytes: number): Generator<Buffer> {
  const whole = piece(seed);
  for (let left = bytes; left > 0; left -= PIECE_BYTES) yield left >= PIECE_BYTES ? whole : whole.subarray(0, left);
}

/** The same as one buffer, for small sizes. */
export function filler(seed: string, bytes: number): Buffer {
  return Buffer.concat([...fillerPieces(seed, bytes)]);
}

/** The same as a stream. */
export function fillerStream(seed: string, bytes: number): Readable {
  return Readable.from(fillerPieces(seed, bytes), { objectMode: false, highWaterMark: PIECE_BYTES });
}

/** SHA-256 of the same, as hexadecimal text. */
export function fillerDigest(seed: string, bytes: number): string {
  const hash = createHash('sha256');
  for (const part of fillerPieces(seed, bytes)) hash.update(part);
  return hash.digest('hex');
}

/** SHA-256 of bytes at hand, as hexadecimal text. */
export function digest(bytes: string | Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
