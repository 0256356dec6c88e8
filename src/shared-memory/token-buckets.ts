/**
 * The buckets of all rate limits: a table of groups that every acceptor changes by compare-exchange and nobody locks.
 *
 *   byte 0                    128
 *   +-----------------------+-----------+-----------+-- - - --+-------------+
 *   | seeds, evictions, pad |  group 0  |  group 1  |         | group G - 1 |      a key belongs to one group: by its hash
 *   +-----------------------+-----------+-----------+-- - - --+-------------+
 *
 *   a group: 128 bytes, two cache lines, of which most keys need but the first
 *   +-----------+-----------------+---------------+-----+      +-----------------+---------------+-----+
 *   | insertion | buckets 0 to 3  | idle 0 to 3   | pad |      | buckets 4 to 8  | idle 4 to 8   | pad |
 *   | 64 bit    | 64 bit each     | 32 bit each   |     |      | 64 bit each     | 32 bit each   |     |
 *   +-----------+-----------------+---------------+-----+      +-----------------+---------------+-----+
 *
 *   bucket      low half: fingerprint of the key, 0: nobody's. High half: the theoretical arrival time (GCRA: the time at which the
 *               bucket is full again) in ticks of its limit, modulo 2^32. One word: whoever loses the bucket to another key
 *               meanwhile loses the exchange, too
 *   idle        second of the monotonic clock from which on the bucket is full whatever its word says: it may go to another key.
 *               Raised before the bucket's word is written, never lowered
 *   insertion   the key that is being given a bucket of this group: low half its fingerprint, high half the time with the bucket's
 *               number in its last four bits; 0: none
 *
 * Two buckets for one key would be twice its limit, so only one insertion is under way in a group, and whoever comes to it carries
 * it out, since its author may be dead: (1) read the bucket's word, (2) see that the insertion still stands, (3) see that the key has
 * no bucket yet, (4) exchange the word read for the new one, (5) take the insertion away. A process that stalled in the middle and
 * goes on later finds the word of (1) changed. A process killed anywhere leaves a token taken too many, or an insertion for others.
 *
 * The fingerprint has 32 bits, the group of the default size (262,144 buckets) 15.8: of 100,000 clients two share a bucket with
 * a probability of 2 in 100,000. The table has room for twice the buckets asked for, so that a group of nine is rarely full.
 *
 * Words of 64 bits, although each load makes a BigInt (npm run bench:limits tells what that costs beside 32 bits): a pair of
 * Int32 words is no alternative, since a bucket may change hands between its halves.
 */
import { KeyedHash } from './keyed-hash.ts';

const HEAD = { SEED_0: 0, SEED_1: 1, EVICTIONS: 2 } as const;
const HEAD_BYTES = 128;
const GROUP_BYTES = 128;
const BUCKETS_PER_GROUP = 9;
const BUCKETS_IN_FIRST_LINE = 4;
const GROUP_WORDS = GROUP_BYTES / 8;
const GROUP_HALVES = GROUP_BYTES / 4;
/** How full the table is meant to be at most: half. */
const BUCKETS_ASKED_PER_GROUP = BUCKETS_PER_GROUP / 2;

const NO_INSERTION = 0n;
/** A bucket's number within an insertion; the rest of the half is the time. */
const NUMBER_MASK = 15;

/** Bytes of a segment for so many keys at one time. */
export function bucketBytes(keys: number): number {
  return HEAD_BYTES + Math.ceil(keys / BUCKETS_ASKED_PER_GROUP) * GROUP_BYTES;
}

/** Supervisor only, before anybody uses the table. @param seeds two random words */
export function seedBuckets(memory: SharedArrayBuffer, seeds: Int32Array): void {
  const head = new Int32Array(memory, 0, HEAD_BYTES / 4);
  head[HEAD.SEED_0] = seeds[0]!;
  head[HEAD.SEED_1] = seeds[1]!;
}

/** Keys that lost a bucket that was not full, because nine others of their group were not either. */
export function bucketEvictions(memory: SharedArrayBuffer): number {
  return Atomics.load(new Int32Array(memory, 0, HEAD_BYTES / 4), HEAD.EVICTIONS) >>> 0;
}

/** The table as one process uses it. */
export class TokenBuckets {
  readonly #halves: Int32Array;
  readonly #words: BigInt64Array;
  readonly #groups: number;
  readonly #hash: KeyedHash;
  readonly #scratch = new BigInt64Array(1);
  readonly #scratchHalves = new Int32Array(this.#scratch.buffer);
  /** Of the key last aimed at. */
  #high = 0;
  #low = 0;
  // Where the last exchange was and what it changed, to take it back.
  lastAt = 0;
  lastBefore = 0n;
  lastAfter = 0n;

  /** @throws RangeError when the memory has no room for a group */
  constructor(memory: SharedArrayBuffer) {
    this.#groups = Math.floor((memory.byteLength - HEAD_BYTES) / GROUP_BYTES);
    if (this.#groups < 1) throw new RangeError(`${memory.byteLength} bytes are too few for buckets.`);
    this.#halves = new Int32Array(memory);
    this.#words = new BigInt64Array(memory);
    this.#hash = new KeyedHash(this.#halves[HEAD.SEED_0]!, this.#halves[HEAD.SEED_1]!);
  }

  /** Says whose bucket the calls that follow are about. */
  aim(key: string): void {
    this.#hash.hash(key);
    this.#high = this.#hash.high;
    this.#low = this.#hash.low;
  }

  /**
   * How many ticks the bucket is from being full.
   *
   * @param nowTicks in ticks of the limit, modulo 2^32
   * @param nowSeconds of the same clock
   */
  owed({ salt }: BucketLimit, nowTicks: number, nowSeconds: number): number {
    const group = this.#group(salt);
    const number = this.#find(group, this.#fingerprint(salt));
    return number < 0 ? 0 : this.#owed(group, number, nowTicks, nowSeconds);
  }

  /**
   * Lets a bucket owe a token more, if it then owes no more than the limit's most.
   *
   * @returns what it owes now; when that would be more than the most, what it would owe, and nothing has changed
   */
  take(limit: BucketLimit, nowTicks: number, nowSeconds: number): number {
    const { salt, tokenTicks, mostTicks, msPerTick } = limit;
    const group = this.#group(salt);
    const fingerprint = this.#fingerprint(salt);
    for (;;) {
      const number = this.#find(group, fingerprint);
      if (number < 0) {
        this.#insert(group, fingerprint, nowTicks, nowSeconds);
        continue;
      }
      const at = group * GROUP_WORDS + wordOf(number);
      const arrival = Atomics.load(this.#halves, 2 * at + 1);
      const owed = this.#owedAt(group, number, arrival, nowTicks, nowSeconds) + tokenTicks;
      if (owed > mostTicks) return owed;
      this.#raiseIdle(group, number, nowSeconds + Math.ceil((owed * msPerTick) / 1000) + 1);
      const before = this.#compose(fingerprint, arrival);
      const after = this.#compose(fingerprint, nowTicks + owed);
      if (Atomics.compareExchange(this.#words, at, before, after) !== before) continue;
      this.lastAt = at;
      this.lastBefore = before;
      this.lastAfter = after;
      return owed;
    }
  }

  /**
   * Takes an exchange back, unless anybody has used the bucket since: then what was taken stays taken, for it can no longer be told
   * whether it made a difference.
   */
  takeBack(at: number, before: bigint, after: bigint): void {
    Atomics.compareExchange(this.#words, at, after, before);
  }

  /** Two words that tell a limit from every other one. */
  hashOf(text: string): Salt {
    this.#hash.hash(text);
    return { high: this.#hash.high, low: this.#hash.low };
  }

  #group({ high }: Salt): number {
    // The head is as long as a group: group 0 of the memory is no group of the table.
    return 1 + Math.floor(((this.#high ^ high) >>> 0) * (this.#groups / 0x1_0000_0000));
  }

  #fingerprint({ low }: Salt): number {
    return (this.#low ^ low) | 0 || 1;
  }

  #find(group: number, fingerprint: number): number {
    const halves = this.#halves;
    const first = group * GROUP_HALVES;
    for (let i = 0; i < BUCKETS_PER_GROUP; i++) {
      if (Atomics.load(halves, first + 2 * wordOf(i)) === fingerprint) return i;
    }
    return -1;
  }

  #owed(group: number, number: number, nowTicks: number, nowSeconds: number): number {
    const arrival = Atomics.load(this.#halves, group * GROUP_HALVES + 2 * wordOf(number) + 1);
    return this.#owedAt(group, number, arrival, nowTicks, nowSeconds);
  }

  #owedAt(group: number, number: number, arrival: number, nowTicks: number, nowSeconds: number): number {
    // Long full: the word may have been left so long ago that the ticks went round.
    if (Atomics.load(this.#halves, group * GROUP_HALVES + idleOf(number)) <= nowSeconds) return 0;
    return Math.max(0, (arrival - nowTicks) | 0);
  }

  #raiseIdle(group: number, number: number, second: number): void {
    const at = group * GROUP_HALVES + idleOf(number);
    for (;;) {
      const seen = Atomics.load(this.#halves, at);
      if (seen >= second || Atomics.compareExchange(this.#halves, at, seen, second) === seen) return;
    }
  }

  /** Gives a key a bucket, or carries out the insertion that is under way. The caller looks again after it. */
  #insert(group: number, fingerprint: number, nowTicks: number, nowSeconds: number): void {
    const at = group * GROUP_WORDS;
    const underWay = Atomics.load(this.#words, at);
    if (underWay !== NO_INSERTION) {
      this.#carryOut(group, underWay, nowSeconds);
      return;
    }
    const number = this.#stalest(group);
    const insertion = this.#compose(fingerprint, (nowTicks & ~NUMBER_MASK) | number);
    if (Atomics.compareExchange(this.#words, at, NO_INSERTION, insertion) === NO_INSERTION)
      this.#carryOut(group, insertion, nowSeconds);
  }

  /** The steps are numbered as in the description above. */
  #carryOut(group: number, insertion: bigint, nowSeconds: number): void {
    const words = this.#words;
    const at = group * GROUP_WORDS;
    this.#scratch[0] = insertion;
    const fingerprint = this.#scratchHalves[0]!;
    const time = this.#scratchHalves[1]!;
    const number = time & NUMBER_MASK;
    const before = Atomics.load(words, at + wordOf(number));
    if (Atomics.load(words, at) !== insertion) return;
    if (this.#find(group, fingerprint) < 0) {
      const isLive = Atomics.load(this.#halves, group * GROUP_HALVES + idleOf(number)) > nowSeconds;
      const after = this.#compose(fingerprint, time & ~NUMBER_MASK);
      const won = Atomics.compareExchange(words, at + wordOf(number), before, after) === before;
      if (won && isLive && before !== 0n) Atomics.add(this.#halves, HEAD.EVICTIONS, 1);
    }
    Atomics.compareExchange(words, at, insertion, NO_INSERTION);
  }

  /** A bucket that is nobody's; without one, that which has been, or will be, full for longest. */
  #stalest(group: number): number {
    const first = group * GROUP_HALVES;
    let stalest = 0;
    let since = Number.POSITIVE_INFINITY;
    for (let i = 0; i < BUCKETS_PER_GROUP; i++) {
      if (Atomics.load(this.#halves, first + 2 * wordOf(i)) === 0) return i;
      const idle = Atomics.load(this.#halves, first + idleOf(i));
      if (idle < since) {
        stalest = i;
        since = idle;
      }
    }
    return stalest;
  }

  #compose(low: number, high: number): bigint {
    this.#scratchHalves[0] = low;
    this.#scratchHalves[1] = high;
    return this.#scratch[0]!;
  }
}

/** A bucket's word among the 64-bit words of its group. */
function wordOf(number: number): number {
  return number < BUCKETS_IN_FIRST_LINE ? 1 + number : 4 + number;
}

/** A bucket's `idle` among the 32-bit words of its group. */
function idleOf(number: number): number {
  return number < BUCKETS_IN_FIRST_LINE ? 10 + number : 22 + number;
}

/** A limit as a bucket goes by it, in ticks of its own. */
export interface BucketLimit {
  readonly salt: Salt;
  readonly tokenTicks: number;
  /** What a bucket may owe. */
  readonly mostTicks: number;
  readonly msPerTick: number;
}

/** What tells two limits apart that count the same keys: two words, as `hashOf` gives them. */
export interface Salt {
  readonly high: number;
  readonly low: number;
}
