/**
 * Bytes behind their digest, so that what a disk has damaged is told from what was written:
 *
 *   32 bytes SHA-256 of the rest | the rest
 */
import { createHash } from 'node:crypto';

const DIGEST_BYTES = 32;

/** The two pieces of a file, to be written one after the other: what is kept may be large, and is not copied. */
export function withDigest(content: Uint8Array): readonly [digest: Uint8Array, content: Uint8Array] {
  return [digestOf(content), content];
}

/** What was written. @throws Error when it is not what was */
export function checked(bytes: Buffer): Buffer {
  const content = bytes.subarray(DIGEST_BYTES);
  if (!digestOf(content).equals(bytes.subarray(0, DIGEST_BYTES))) throw new Error('the file is damaged');
  return content;
}

function digestOf(content: Uint8Array): Buffer {
  return createHash('sha256').update(content).digest();
}
