import { FAMILY, parseAddress } from './ip-address.ts';

/** Words of one range: first and last address, four words each. */
const RANGE = 8;
const LAST = 4;

/**
 * A set of CIDR blocks, asked per request: sorted ranges that do not overlap, searched by halving. (node:net's BlockList walks
 * a list: 105 us for 10,000 blocks.) IPv4 and IPv6 are apart: `::/0` holds no IPv4 address, mapped or not; `0.0.0.0/0` holds all of them.
 */
export class CidrSet {
  readonly #ipv4: Uint32Array;
  readonly #ipv6: Uint32Array;
  readonly #address = new Uint32Array(4);

  private constructor(ipv4: Uint32Array, ipv6: Uint32Array) {
    this.#ipv4 = ipv4;
    this.#ipv6 = ipv6;
  }

  /**
   * Reads blocks such as `10.0.0.0/8`, `2001:db8::/32` or a bare address; bits below the prefix are ignored, and a block of
   * IPv4-mapped addresses is the IPv4 block. Throws a SyntaxError that names the first block it cannot read.
   */
  static parse(blocks: readonly string[]): CidrSet {
    const ipv4: Uint32Array[] = [];
    const ipv6: Uint32Array[] = [];
    for (const block of blocks) {
      const { range, isIPv4 } = parseBlock(block);
      (isIPv4 ? ipv4 : ipv6).push(range);
    }
    return new CidrSet(joinRanges(ipv4), joinRanges(ipv6));
  }

  get isEmpty(): boolean {
    return this.#ipv4.length + this.#ipv6.length === 0;
  }

  /** Whether an address lies in some block; false for text that is no address. Allocates nothing. */
  has(address: string): boolean {
    if (this.isEmpty) return false;
    const family = parseAddress(address, this.#address);
    if (family === FAMILY.NONE) return false;
    const ranges = family === FAMILY.IPV4 ? this.#ipv4 : this.#ipv6;
    const at = lastStartingBefore(ranges, this.#address);
    return at >= 0 && compareWords(this.#address, 0, ranges, at + LAST) <= 0;
  }
}

function parseBlock(block: string): { range: Uint32Array; isIPv4: boolean } {
  const [, address, prefix] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(block) ?? [];
  const first = new Uint32Array(4);
  const family = address === undefined ? FAMILY.NONE : parseAddress(address, first);
  if (family === FAMILY.NONE) throw new SyntaxError(`not a CIDR block: "${block}"`);
  const isIPv4 = family === FAMILY.IPV4;
  const isMapped = isIPv4 && address.includes(':');
  const width = isIPv4 && !isMapped ? 32 : 128;
  const bits = prefix === undefined ? width : Number(prefix);
  if (bits > width || (isMapped && bits < 96)) throw new SyntaxError(`not a CIDR block: "${block}"`);
  return { range: makeRange(first, isIPv4 && !isMapped ? bits + 96 : bits), isIPv4 };
}

/** The first and the last address that agree with `address` in its first `bits` of 128. */
function makeRange(address: Uint32Array, bits: number): Uint32Array {
  const range = new Uint32Array(RANGE);
  for (let word = 0; word < 4; word++) {
    const fixed = Math.min(32, Math.max(0, bits - 32 * word));
    const mask = fixed === 0 ? 0 : -1 << (32 - fixed);
    range[word] = address[word] & mask;
    range[LAST + word] = address[word] | ~mask;
  }
  return range;
}

/** Sorts ranges and drops those inside another: blocks nest or are apart, so nothing is left that overlaps. */
function joinRanges(ranges: readonly Uint32Array[]): Uint32Array {
  const sorted = [...ranges].sort((a, b) => compareWords(a, 0, b, 0) || compareWords(b, LAST, a, LAST));
  const kept: Uint32Array[] = [];
  for (const range of sorted) {
    const before = kept.at(-1);
    if (before === undefined || compareWords(range, LAST, before, LAST) > 0) kept.push(range);
  }
  const joined = new Uint32Array(kept.length * RANGE);
  kept.forEach((range, index) => {
    joined.set(range, index * RANGE);
  });
  return joined;
}

/** Where the last range begins that starts at or before the address, or a negative number. */
function lastStartingBefore(ranges: Uint32Array, address: Uint32Array): number {
  let low = 0;
  let high = ranges.length / RANGE;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compareWords(ranges, middle * RANGE, address, 0) <= 0) low = middle + 1;
    else high = middle;
  }
  return (low - 1) * RANGE;
}

function compareWords(a: Uint32Array, aAt: number, b: Uint32Array, bAt: number): number {
  for (let word = 0; word < 4; word++) {
    const difference = a[aAt + word] - b[bAt + word];
    if (difference !== 0) return difference;
  }
  return 0;
}
