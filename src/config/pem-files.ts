import type { Stats } from 'node:fs';
import { statSync } from 'node:fs';
import { readRegularFile } from './source/read-source.ts';

/** A file, and what told its contents from others when it was read. */
export interface FileStamp {
  readonly path: string;
  readonly stamp: string;
}

/** Another one when the file was written, replaced, or a link on the way to it leads elsewhere. */
export function stampOf({ dev, ino, size, mtimeMs, ctimeMs }: Stats): string {
  return [dev, ino, size, mtimeMs, ctimeMs].join(':');
}

/**
 * The files of certificates and keys that one load of a config reads, each once: what was checked is what is compiled, also
 * when somebody replaces them in between.
 */
export class PemFiles {
  readonly #files = new Map<string, { readonly text: string; readonly stamp: string }>();

  /**
   * @param path absolute
   * @throws Error of the system, as `readRegularFile` does
   */
  read(path: string): string {
    const known = this.#files.get(path);
    if (known !== undefined) return known.text;
    // The stamp first: what is written while it is read has another one.
    const stamp = stampOf(statSync(path));
    const text = readRegularFile(path).toString('latin1');
    this.#files.set(path, { text, stamp });
    return text;
  }

  /** Every file read so far. */
  get stamps(): readonly FileStamp[] {
    return [...this.#files].map(([path, { stamp }]) => ({ path, stamp }));
  }
}
