/**
 * What all processes know together of the endpoints of upstreams: a row of words for each, then who is in flight.
 *
 *   byte 0                                  rows x ROW_BYTES
 *   +--------+--------+-- - - --+----------+---------------------------+
 *   | row 0  | row 1  |         | row R-1  | in flight, R rows x slots |    R as many as fit: see rowsIn
 *   +--------+--------+-- - - --+----------+---------------------------+
 *
 *   one row, in 32-bit words, two cache lines:
 *   0  UNHEALTHY       supervisor: 1 when the active checks say so. 0 is healthy, also before the first check
 *   1  FAILURES        acceptors: failures in a row                      } ejections.ts
 *   2  FAILING_SINCE   of the first of them                              }
 *   3  EJECTED         1 while it is left out (and has not been seen to be over)
 *   4  EJECTED_UNTIL
 *   5  EJECTED_AGAIN   ejections that followed one another soon: how long the next one lasts
 *   6  EJECTIONS       counter
 *   7  CIRCUIT         state, epoch, probes                              } circuit.ts
 *   8  CIRCUIT_UNTIL
 *   9  OPENED          counter
 *   10 RETRIES_REFUSED counter; of an upstream's own row
 *   12..31             circuit's window: slices of three words each: tick, requests, failures
 *
 * Times are milliseconds of CLOCK_MONOTONIC, which is one for the whole machine, cut to 32 bits; they are compared by
 * `isAhead`, which takes no distance for a time to come that nobody can have meant.
 *
 * Every word may be written by every acceptor, by atomics. A process killed between two writes leaves at worst a count that is
 * one off, an ejection that is over sooner, or a probe that is given up after `openFor`.
 */
import type { EndpointRow } from '../brand.ts';
import { clearSlot, InFlight, inFlightBytes } from './in-flight.ts';

/** The row of an endpoint whose state is not kept. */
export const NO_ROW = -1 as EndpointRow;

export const ROW_WORDS = 32;
const ROW_BYTES = ROW_WORDS * Int32Array.BYTES_PER_ELEMENT;

export const ENDPOINT = {
  UNHEALTHY: 0,
  FAILURES: 1,
  FAILING_SINCE: 2,
  EJECTED: 3,
  EJECTED_UNTIL: 4,
  EJECTED_AGAIN: 5,
  EJECTIONS: 6,
  CIRCUIT: 7,
  CIRCUIT_UNTIL: 8,
  OPENED: 9,
  RETRIES_REFUSED: 10,
  WINDOW: 12,
} as const;

export type EndpointWord = keyof typeof ENDPOINT;

/** Bytes a table of so many rows needs. */
export function endpointTableBytes(rows: number, slots: number): number {
  return rows * ROW_BYTES + inFlightBytes(rows, slots);
}

/** Rows that a memory has room for: the same number in every process. */
function rowsIn(memory: SharedArrayBuffer, slots: number): number {
  return Math.floor(memory.byteLength / endpointTableBytes(1, slots));
}

/** Whether a point in time is still to come. @param span what it can at most be away; anything else has long passed */
export function isAhead(until: number, now: number, span: number): boolean {
  const left = (until - now) | 0;
  return left > 0 && left <= span;
}

/** The table as one process uses it. */
export class EndpointTable {
  readonly words: Int32Array;
  readonly inFlight: InFlight;
  readonly rows: number;
  readonly #memory: SharedArrayBuffer;
  readonly #slots: number;

  /** @param mySlot whose requests `inFlight` counts; the supervisor, which has none, only reads */
  constructor(memory: SharedArrayBuffer, slots: number, mySlot = 0) {
    this.#memory = memory;
    this.#slots = slots;
    this.rows = rowsIn(memory, slots);
    this.words = new Int32Array(memory, 0, this.rows * ROW_WORDS);
    this.inFlight = new InFlight(memory, this.rows, slots, mySlot, this.rows * ROW_BYTES);
  }

  /** Index of a word in `words`. */
  at(row: EndpointRow, word: EndpointWord): number {
    return row * ROW_WORDS + ENDPOINT[word];
  }

  get(row: EndpointRow, word: EndpointWord): number {
    return Atomics.load(this.words, this.at(row, word));
  }

  set(row: EndpointRow, word: EndpointWord, value: number): void {
    Atomics.store(this.words, this.at(row, word), value);
  }

  /** @returns what it was before */
  add(row: EndpointRow, word: EndpointWord, amount: number): number {
    return Atomics.add(this.words, this.at(row, word), amount);
  }

  /** Supervisor only, once the slot's process is gone. */
  reap(slot: number): void {
    clearSlot(this.#memory, this.rows, this.#slots, slot, this.rows * ROW_BYTES);
  }
}
