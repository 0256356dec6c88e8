/**
 * Which row of an in-flight table (in-flight.ts) belongs to which key. The segment `flights`:
 *
 *   byte 0                 128
 *   +--------------------+---------+-- - - --+-----------+------------------------------------------+
 *   | seeds, lock, pad   | key 0   |         | key R - 1 | in flight: R rows of a word for each slot |
 *   +--------------------+---------+-- - - --+-----------+------------------------------------------+
 *
 *   key     two words of a fingerprint, 63 bits; all zero: the row is nobody's. MARK in the second: it is being taken away
 *   lock    slot + 1 of the acceptor that gives a key a row; 0: nobody does
 *
 * A key that has a row needs no lock: enter, then see that the row is still the key's. A row changes hands only while nothing is
 * in flight in it: marked first, counted after, so that of an acceptor that enters and one that takes away at least one sees the
 * other. The lock is held for some hundred nanoseconds, and only for keys without a row. Nobody waits for one whose holder may be
 * dead: such a key is refused, until the supervisor reaps the holder and gives its lock back with its flights.
 */
import { clearSlot, InFlight, inFlightBytes } from './in-flight.ts';
import { KeyedHash } from './keyed-hash.ts';

const HEAD = { SEED_0: 0, SEED_1: 1, LOCK: 2 } as const;
const HEAD_WORDS = 32;
const KEY_WORDS = 2;
const MARK = 0x8000_0000 | 0;
/** Rows in which a key is looked for. */
const PROBED_ROWS = 16;
/** Looks at a lock, or at a row that is being taken away: some microseconds. */
const TRIES = 200;

/** Bytes of a segment for so many keys at one time. */
export function flightBytes(keys: number, slots: number): number {
  return HEAD_WORDS * 4 + keys * KEY_WORDS * 4 + inFlightBytes(keys, slots);
}

function rowsIn(memory: SharedArrayBuffer, slots: number): number {
  return Math.floor((memory.byteLength / 4 - HEAD_WORDS) / (KEY_WORDS + slots));
}

function inFlightOffset(rows: number): number {
  return (HEAD_WORDS + rows * KEY_WORDS) * 4;
}

/** Supervisor only, before anybody uses the table. @param seeds two random words */
export function seedFlights(memory: SharedArrayBuffer, seeds: Int32Array): void {
  const head = new Int32Array(memory, 0, HEAD_WORDS);
  head[HEAD.SEED_0] = seeds[0]!;
  head[HEAD.SEED_1] = seeds[1]!;
}

/** Supervisor only, once the slot's process is gone and before another gets the slot: gives back all it held. */
export function releaseFlights(memory: SharedArrayBuffer, slots: number, slot: number): void {
  const rows = rowsIn(memory, slots);
  clearSlot(memory, rows, slots, slot, inFlightOffset(rows));
  const words = new Int32Array(memory, 0, HEAD_WORDS + rows * KEY_WORDS);
  if (Atomics.load(words, HEAD.LOCK) !== slot + 1) return;
  for (let at = HEAD_WORDS + 1; at < words.length; at += KEY_WORDS) {
    if (Atomics.load(words, at) < 0) Atomics.and(words, at, ~MARK);
  }
  Atomics.store(words, HEAD.LOCK, 0);
}

/** The table as one acceptor uses it. */
export class FlightTable {
  readonly #words: Int32Array;
  readonly #rows: number;
  readonly #flights: InFlight;
  readonly #hash: KeyedHash;
  readonly #mySlot: number;

  /** @throws RangeError when the memory has no room for a row */
  constructor(memory: SharedArrayBuffer, slots: number, mySlot: number) {
    this.#rows = rowsIn(memory, slots);
    if (this.#rows < 1) throw new RangeError(`${memory.byteLength} bytes are too few for flights.`);
    this.#words = new Int32Array(memory, 0, HEAD_WORDS + this.#rows * KEY_WORDS);
    this.#flights = new InFlight(memory, this.#rows, slots, mySlot, inFlightOffset(this.#rows));
    this.#hash = new KeyedHash(this.#words[HEAD.SEED_0]!, this.#words[HEAD.SEED_1]!);
    this.#mySlot = mySlot;
  }

  /** Takes a place among at most `limit` of a key. @returns the row, for `leave`; -1: there is none */
  enter(key: string, limit: number): number {
    this.#hash.hash(key);
    for (let tries = 0; tries < TRIES; tries++) {
      const found = this.#find();
      const row = found >= 0 ? found : this.#claim();
      if (row < 0) return -1;
      const entered = this.#flights.enter(row, limit);
      if (this.#isHeld(row)) {
        if (entered) return row;
        return -1;
      }
      if (entered) this.#flights.leave(row);
    }
    return -1;
  }

  /** @param row as `enter` returned it */
  leave(row: number): void {
    this.#flights.leave(row);
  }

  /** What is in flight of a key. */
  count(key: string): number {
    this.#hash.hash(key);
    const row = this.#find();
    return row < 0 ? 0 : this.#flights.count(row);
  }

  // The key's two words; never zero, so that they are not nobody's.
  get #first(): number {
    return this.#hash.low || 1;
  }

  get #second(): number {
    return this.#hash.high & ~MARK;
  }

  #row(probe: number): number {
    const home = Math.floor((this.#hash.high >>> 0) * (this.#rows / 0x1_0000_0000));
    return (home + probe) % this.#rows;
  }

  /** The key's row, also one that is being taken away; -1: it has none. */
  #find(): number {
    const first = this.#first;
    for (let probe = 0; probe < PROBED_ROWS; probe++) {
      const row = this.#row(probe);
      const at = HEAD_WORDS + row * KEY_WORDS;
      if (Atomics.load(this.#words, at) !== first) continue;
      if ((Atomics.load(this.#words, at + 1) & ~MARK) === this.#second) return row;
    }
    return -1;
  }

  #isHeld(row: number): boolean {
    const at = HEAD_WORDS + row * KEY_WORDS;
    const words = this.#words;
    // The second word is the first to change and the last to be whole again.
    return (
      Atomics.load(words, at + 1) === this.#second &&
      Atomics.load(words, at) === this.#first &&
      Atomics.load(words, at + 1) === this.#second
    );
  }

  /** Gives the key a row. -1: none is free, or somebody holds the lock for longer than a live process does. */
  #claim(): number {
    for (let tries = 0; tries < TRIES; tries++) {
      if (Atomics.compareExchange(this.#words, HEAD.LOCK, 0, this.#mySlot + 1) !== 0) continue;
      const found = this.#find();
      const row = found >= 0 ? found : this.#takeRow();
      Atomics.store(this.#words, HEAD.LOCK, 0);
      return row;
    }
    return -1;
  }

  /** Under the lock. */
  #takeRow(): number {
    for (let probe = 0; probe < PROBED_ROWS; probe++) {
      const row = this.#row(probe);
      if (this.#flights.count(row) > 0) continue;
      const at = HEAD_WORDS + row * KEY_WORDS;
      const second = Atomics.or(this.#words, at + 1, MARK);
      if (this.#flights.count(row) > 0) {
        Atomics.store(this.#words, at + 1, second);
        continue;
      }
      Atomics.store(this.#words, at, this.#first);
      Atomics.store(this.#words, at + 1, this.#second);
      return row;
    }
    return -1;
  }
}
