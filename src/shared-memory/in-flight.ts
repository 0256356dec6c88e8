/**
 * How much of each of many things is in flight, over all acceptors: a table of 32-bit words, a row for each thing, a word of the
 * row for each acceptor slot.
 *
 *              slot 0   slot 1            slot S-1
 *            +--------+--------+-- - - --+--------+
 *   row 0    |        |        |         |        |   count(row) is the sum of its words
 *   row 1    |        |        |         |        |   a word is written by the acceptor of its slot alone; by the supervisor
 *    ...     |        |        |         |        |   once that one is dead: clearSlot gives back a column
 *            +--------+--------+-- - - --+--------+
 *
 * Why a limit is never exceeded: whoever enters adds to its word first and sums the row after. Of those in flight together take
 * the one that added last: the others had added before, and have not left, so its sum held them all, and it was within the limit.
 * A sum may be too high, never too low; two that come to the last place together may both step back, and both try again.
 */

/** Tries at a place that others are seen to step back from at the same moment. */
const TRIES = 8;

/** Bytes a table needs. */
export function inFlightBytes(rows: number, slots: number): number {
  return rows * slots * Int32Array.BYTES_PER_ELEMENT;
}

/** The table as one acceptor uses it, or, with a slot of its own that nobody else has, any process. */
export class InFlight {
  readonly #words: Int32Array;
  readonly #slots: number;
  readonly #mySlot: number;

  /**
   * @param memory zero-filled when the first process gets it
   * @param offset of the table in the memory, in bytes; a multiple of 4
   * @throws RangeError when the memory is too small
   */
  constructor(memory: SharedArrayBuffer, rows: number, slots: number, mySlot: number, offset = 0) {
    this.#words = new Int32Array(memory, offset, rows * slots);
    this.#slots = slots;
    this.#mySlot = mySlot;
  }

  /** Takes a place among at most `limit`. False: there was none. Who got one gives it back with `leave`. */
  enter(row: number, limit: number): boolean {
    const mine = row * this.#slots + this.#mySlot;
    for (let tries = 0; tries < TRIES; tries++) {
      // Looked at before anything is written: at the limit, those who are refused disturb nobody.
      if (this.count(row) >= limit) return false;
      Atomics.add(this.#words, mine, 1);
      if (this.count(row) <= limit) return true;
      Atomics.sub(this.#words, mine, 1);
    }
    return false;
  }

  /** Gives back what one `enter` that was true took. */
  leave(row: number): void {
    Atomics.sub(this.#words, row * this.#slots + this.#mySlot, 1);
  }

  /** In flight over all slots. */
  count(row: number): number {
    const end = (row + 1) * this.#slots;
    let sum = 0;
    for (let i = row * this.#slots; i < end; i++) sum += Atomics.load(this.#words, i);
    return sum;
  }
}

/** Supervisor only, once the slot's process is gone and before another gets the slot: gives back what it held. */
export function clearSlot(memory: SharedArrayBuffer, rows: number, slots: number, slot: number, offset = 0): void {
  const words = new Int32Array(memory, offset, rows * slots);
  // Read before it is written: a row nobody used stays a page that takes no room.
  for (let at = slot; at < words.length; at += slots) {
    if (Atomics.load(words, at) !== 0) Atomics.store(words, at, 0);
  }
}
