import { HASH_SEED, hashStep, SLASH } from '../../shared-memory/route-table-layout.ts';

/**
 * A request path taken apart once per lookup: its bytes, and of each segment the place and the hash. `charCodeAt` in a loop
 * costs 3 to 4 ns, since the engine asks each time how the string is stored, so every character is asked for once and all comparing is
 * done on bytes. (TextEncoder.encodeInto has a fixed cost of 65 ns and allocates; it wins beyond some 50 characters only.) One object
 * serves all lookups of a table; its arrays grow to the longest path met.
 *
 *   /  u  s  e  r  s  /  4  2          starts  1   7   10      one more than there are segments: segment i is
 *   0  1              6  7     9       hashes  h0  h1          bytes[starts[i]] to bytes[starts[i + 1] - 2]
 */
export class ScannedPath {
  bytes = new Uint8Array(1024);
  starts = new Int32Array(1026);
  hashes = new Int32Array(1026);
  segments = 0;

  /** `path` begins with a slash. A character beyond ASCII, which no normalised path has, becomes 0xff, which is in no label. */
  scan(path: string): void {
    if (path.length > this.bytes.length) this.#grow(path.length);
    const { bytes, starts, hashes } = this;
    const length = path.length;
    let segment = 0;
    let hash = HASH_SEED;
    bytes[0] = SLASH;
    starts[0] = 1;
    for (let i = 1; i < length; i++) {
      const character = path.charCodeAt(i);
      if (character === SLASH) {
        hashes[segment++] = hash;
        starts[segment] = i + 1;
        hash = HASH_SEED;
      } else {
        hash = hashStep(hash, character);
      }
      bytes[i] = character > 0x7f ? 0xff : character;
    }
    hashes[segment++] = hash;
    starts[segment] = length + 1;
    this.segments = segment;
  }

  #grow(length: number): void {
    this.bytes = new Uint8Array(2 * length);
    this.starts = new Int32Array(2 * length + 2);
    this.hashes = new Int32Array(2 * length + 2);
  }
}
