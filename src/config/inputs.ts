/** What a config was made from, so that somebody can tell whether it would be another one now. */
import { createHash } from 'node:crypto';
import { resolve } from 'node:path';
import { type ConfigText, readRegularFile } from './source/read-source.ts';

/** A file that a config depends on. Certificates and keys of TLS are none: they are replaced without a new config. */
export interface ConfigInput {
  /** An absolute path. */
  readonly file: string;
  /** Of what stood in it; null: it could not be read. */
  readonly digest: string | null;
  /** A config file, rather than one that a config names. */
  readonly isConfig: boolean;
}

/**
 * @param texts what was read of the config files
 * @param beside other files. They are read a second time here: one that is replaced in just that moment is noticed at its next
 *   change only
 */
export function digestInputs(
  files: readonly string[],
  texts: readonly ConfigText[],
  beside: readonly string[],
): ConfigInput[] {
  const read = new Map(texts.map(({ file, bytes }) => [file, bytes]));
  const configs = files.map((file) => {
    const bytes = read.get(file);
    return { file: resolve(file), digest: bytes === undefined ? null : digestOf(bytes), isConfig: true };
  });
  const known = new Set(configs.map(({ file }) => file));
  const others = [...new Set(beside)].filter((file) => !known.has(file));
  return [...configs, ...others.map((file) => ({ file, digest: digestOfFile(file), isConfig: false }))];
}

export function digestOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Null: it cannot be read. */
export function digestOfFile(file: string): string | null {
  try {
    return digestOf(readRegularFile(file));
  } catch {
    return null;
  }
}
