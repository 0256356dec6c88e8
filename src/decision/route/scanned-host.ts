import { HASH_SEED, hashStep } from '../../shared-memory/route-table-layout.ts';

const DOT = 0x2e;
/** RFC 1035, 2.3.4. What is longer is no host name, and no route names it. */
const MAX_HOST = 253;

/**
 * A host name taken apart once per lookup: its bytes, the hash of the whole name, and of each suffix that begins with a dot
 * its place and hash. Hashes are built from the end of the name, so that one pass yields all of them, shortest suffix first.
 */
export class ScannedHost {
  readonly bytes = new Uint8Array(MAX_HOST);
  length = 0;
  hash = HASH_SEED;
  suffixes = 0;
  readonly starts = new Int32Array(MAX_HOST);
  readonly hashes = new Int32Array(MAX_HOST);

  #scanned = '';

  /** Costs a comparison when the host is that of the lookup before, as it mostly is. */
  scan(host: string): void {
    if (host === this.#scanned) return;
    this.#scanned = host;
    // A leading dot would make a host look like the table's entry for a suffix.
    const length = host.length > MAX_HOST || host.charCodeAt(0) === DOT ? 0 : host.length;
    const bytes = this.bytes;
    let hash = HASH_SEED;
    let suffixes = 0;
    for (let i = length - 1; i >= 0; i--) {
      const character = host.charCodeAt(i);
      hash = hashStep(hash, character);
      bytes[i] = character > 0x7f ? 0xff : character;
      if (character === DOT && i > 0) {
        this.starts[suffixes] = i;
        this.hashes[suffixes++] = hash;
      }
    }
    this.length = length;
    this.hash = hash;
    this.suffixes = suffixes;
  }
}
