import { brotliDecompressSync, gunzipSync, inflateSync } from 'node:zlib';

/** What bodies may be compressed with (RFC 9110, section 8.4.1); `identity`: not at all. */
export const CODINGS = ['identity', 'gzip', 'deflate', 'br'] as const;
export type Coding = (typeof CODINGS)[number];

/** The one coding that a Content-Encoding names; null: one that cannot be undone here, or several. */
export function codingOf(contentEncoding: string | null): Coding | null {
  const name = (contentEncoding ?? 'identity').trim().toLowerCase();
  if (name === '' || name === 'x-gzip') return name === '' ? 'identity' : 'gzip';
  return CODINGS.find((coding) => coding === name) ?? null;
}

const DECODERS = { gzip: gunzipSync, deflate: inflateSync, br: brotliDecompressSync } as const;

/** @returns the bytes, or why there are none: what would become larger than `maxBytes` is not decompressed any further */
export function decode(bytes: Buffer, coding: Coding, maxBytes: number): Buffer | 'invalid' | 'tooLarge' {
  if (coding === 'identity') return bytes;
  try {
    return DECODERS[coding](bytes, { maxOutputLength: maxBytes });
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE' ? 'tooLarge' : 'invalid';
  }
}
