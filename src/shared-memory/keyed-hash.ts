/**
 * HalfSipHash-1-3 with 64 bits of result (Aumasson and Bernstein, "SipHash: a fast short-input PRF"; the variant for 32-bit words of
 * the authors' reference code). Keyed, because what is hashed comes from clients: without the seed nobody can aim at another's
 * place in a table. The input is UTF-16 code units, two to a word, where the original takes bytes; results are comparable only among
 * processes with the same seed.
 */
export class KeyedHash {
  /** The result of the last `hash`: two signed 32-bit words. */
  high = 0;
  low = 0;
  readonly #k0: number;
  readonly #k1: number;

  /** @param seed0 secret, as is `seed1`: 32 bits each */
  constructor(seed0: number, seed1: number) {
    this.#k0 = seed0 | 0;
    this.#k1 = seed1 | 0;
  }

  /** Hashes a text into `high` and `low`. Allocates nothing. */
  hash(text: string): void {
    const length = text.length;
    let v0 = this.#k0;
    let v1 = this.#k1 ^ 0xee;
    let v2 = 0x6c796765 ^ this.#k0;
    let v3 = 0x74656462 ^ this.#k1;
    const words = (length >> 1) + 1;
    // The words of the text, the last of them with its length; then three rounds for each half of the result.
    for (let i = 0; i < words + 6; i++) {
      let word = 0;
      if (i < words) {
        const at = 2 * i;
        word = at < length ? text.charCodeAt(at) : 0;
        word |= i < words - 1 ? text.charCodeAt(at + 1) << 16 : length << 16;
        v3 ^= word;
      } else if (i === words) {
        v2 ^= 0xee;
      } else if (i === words + 3) {
        this.high = v1 ^ v3;
        v1 ^= 0xdd;
      }
      v0 = (v0 + v1) | 0;
      v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0;
      v0 = (v0 << 16) | (v0 >>> 16);
      v2 = (v2 + v3) | 0;
      v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2;
      v0 = (v0 + v3) | 0;
      v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0;
      v2 = (v2 + v1) | 0;
      v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2;
      v2 = (v2 << 16) | (v2 >>> 16);
      v0 ^= word;
    }
    this.low = v1 ^ v3;
  }
}
