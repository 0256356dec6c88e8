import { readRegularFile } from './source/read-source.ts';

/**
 * The files of certificates and keys that one load of a config reads, each once: what was checked is what is compiled, also
 * when somebody replaces them in between.
 */
export class PemFiles {
  readonly #texts = new Map<string, string>();

  /**
   * @param path absolute
   * @throws Error of the system, as `readRegularFile` does
   */
  read(path: string): string {
    let text = this.#texts.get(path);
    if (text === undefined) {
      text = readPem(path);
      this.#texts.set(path, text);
    }
    return text;
  }
}

/** One character a byte: PEM is ASCII, and what stands around it may be anything. */
export function readPem(path: string): string {
  return readRegularFile(path).toString('latin1');
}
