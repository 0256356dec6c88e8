import type { EndpointRow } from '../brand.ts';
import type { CircuitRules } from '../config/compiled-care.ts';
import { type EndpointTable, isAhead } from './endpoint-table.ts';

/*
 *            share of failures in the window reached
 *   closed ────────────────────────────────────────────► open ◄──────────────┐
 *     ▲                                                    │ openFor is over  │ a probe fails
 *     │ all probes have succeeded                          ▼                  │
 *     └──────────────────────────────────────────────── half-open ────────────┘
 *                                                          │ ▲
 *                                                          └─┘ probes that nobody heard of for openFor are given out again
 *
 * One word says it all, so that each step is one compare-exchange and every acceptor takes part:
 *
 *   31        17 16        9 8         2 1   0
 *   +-----------+-----------+-----------+-----+
 *   |   epoch   | succeeded | given out |state|     state 0: closed
 *   +-----------+-----------+-----------+-----+
 *
 * The epoch is raised with every half-open round, so that what a probe of an earlier one reports is not taken for this one's.
 */
const CLOSED = 0;
const OPEN = 1;
const HALF_OPEN = 2;

const STATE_MASK = 3;
const GIVEN_SHIFT = 2;
const SUCCEEDED_SHIFT = 9;
const COUNT_MASK = 0x7f;
const EPOCH_SHIFT = 17;
const EPOCH_MASK = 0x7fff;

const SLICES = 5;
const SLICE_WORDS = 3;

export type CircuitState = 'closed' | 'open' | 'half-open';

/** What `admit` says beside the number of a probe's round. */
export const ADMITTED = 0;
export const NOT_ADMITTED = -1;

/** The state as a word has it, whatever time it is. */
export function circuitStateOf(word: number): CircuitState {
  const state = word & STATE_MASK;
  return state === CLOSED ? 'closed' : state === OPEN ? 'open' : 'half-open';
}

const givenOut = (word: number): number => (word >>> GIVEN_SHIFT) & COUNT_MASK;
const succeeded = (word: number): number => (word >>> SUCCEEDED_SHIFT) & COUNT_MASK;
const epochOf = (word: number): number => (word >>> EPOCH_SHIFT) & EPOCH_MASK;
const wordOf = (state: number, epoch: number, given: number, succeededCount: number): number =>
  ((epoch & EPOCH_MASK) << EPOCH_SHIFT) | (succeededCount << SUCCEEDED_SHIFT) | (given << GIVEN_SHIFT) | state;

/** Circuit breakers of one upstream's endpoints, shared by all acceptors. Times as in `Ejections`. */
export class Circuits {
  readonly #table: EndpointTable;
  readonly #rules: CircuitRules;
  readonly #sliceMs: number;

  constructor(table: EndpointTable, rules: CircuitRules) {
    this.#table = table;
    this.#rules = rules;
    this.#sliceMs = Math.ceil(rules.window / SLICES);
  }

  /** Whether `admit` would let a request through now, unless others are faster. */
  isPassable(row: EndpointRow, now: number): boolean {
    const word = this.#table.get(row, 'CIRCUIT');
    const state = word & STATE_MASK;
    if (state === CLOSED || !this.#isResting(row, now)) return true;
    return state === HALF_OPEN && givenOut(word) < this.#rules.halfOpenRequests;
  }

  /**
   * Lets a request through or not.
   *
   * @returns ADMITTED, NOT_ADMITTED, or the round that the request is a probe of, which has to end in `onProbe` or `giveBack`
   */
  admit(row: EndpointRow, now: number): number {
    const table = this.#table;
    const at = table.at(row, 'CIRCUIT');
    for (;;) {
      const word = Atomics.load(table.words, at);
      const state = word & STATE_MASK;
      if (state === CLOSED) return ADMITTED;
      const next = this.#nextProbe(row, word, now);
      if (next === null) return NOT_ADMITTED;
      // A new round: its limit is written before anyone can see the round, so that nobody takes it for a stale one.
      if (epochOf(next) !== epochOf(word)) table.set(row, 'CIRCUIT_UNTIL', (now + this.#rules.openFor) | 0);
      if (Atomics.compareExchange(table.words, at, word, next) === word) return epochOf(next);
    }
  }

  /** The word once another probe is given out, or null when none may be. */
  #nextProbe(row: EndpointRow, word: number, now: number): number | null {
    const isHalfOpen = (word & STATE_MASK) === HALF_OPEN;
    if (isHalfOpen && givenOut(word) < this.#rules.halfOpenRequests)
      return wordOf(HALF_OPEN, epochOf(word), givenOut(word) + 1, succeeded(word));
    if (this.#isResting(row, now)) return null;
    // Never 0, which means that there is no probe.
    return wordOf(HALF_OPEN, (epochOf(word) % (EPOCH_MASK - 1)) + 1, 1, 0);
  }

  #isResting(row: EndpointRow, now: number): boolean {
    return isAhead(this.#table.get(row, 'CIRCUIT_UNTIL'), now, this.#rules.openFor);
  }

  /** A probe has ended. What a probe of an earlier round says is too late. */
  onProbe(row: EndpointRow, round: number, isSuccess: boolean, now: number): void {
    const table = this.#table;
    const at = table.at(row, 'CIRCUIT');
    for (;;) {
      const word = Atomics.load(table.words, at);
      if ((word & STATE_MASK) !== HALF_OPEN || epochOf(word) !== round) return;
      const count = succeeded(word) + 1;
      const isDone = isSuccess && count >= this.#rules.halfOpenRequests;
      // Before the circuit can be seen to be closed: what opened it must not open it again.
      if (isDone) this.#clearWindow(row);
      if (!isSuccess) table.set(row, 'CIRCUIT_UNTIL', (now + this.#rules.openFor) | 0);
      const next = !isSuccess
        ? wordOf(OPEN, round, 0, 0)
        : isDone
          ? wordOf(CLOSED, round, 0, 0)
          : wordOf(HALF_OPEN, round, givenOut(word), count);
      if (Atomics.compareExchange(table.words, at, word, next) === word) {
        if (!isSuccess) table.add(row, 'OPENED', 1);
        return;
      }
    }
  }

  /** A probe that came to nothing either way, because its client left, say: another may have its place. */
  giveBack(row: EndpointRow, round: number): void {
    const at = this.#table.at(row, 'CIRCUIT');
    for (;;) {
      const word = Atomics.load(this.#table.words, at);
      if ((word & STATE_MASK) !== HALF_OPEN || epochOf(word) !== round || givenOut(word) === 0) return;
      const next = wordOf(HALF_OPEN, round, givenOut(word) - 1, succeeded(word));
      if (Atomics.compareExchange(this.#table.words, at, word, next) === word) return;
    }
  }

  /** An exchange that was no probe has ended. */
  record(row: EndpointRow, isSuccess: boolean, now: number): void {
    const table = this.#table;
    const slice = this.#slice(row, now);
    Atomics.add(table.words, slice + 1, 1);
    if (isSuccess) return;
    Atomics.add(table.words, slice + 2, 1);
    const word = table.get(row, 'CIRCUIT');
    if ((word & STATE_MASK) !== CLOSED || !this.#isFailing(row, now)) return;
    table.set(row, 'CIRCUIT_UNTIL', (now + this.#rules.openFor) | 0);
    const at = table.at(row, 'CIRCUIT');
    if (Atomics.compareExchange(table.words, at, word, wordOf(OPEN, epochOf(word), 0, 0)) === word)
      table.add(row, 'OPENED', 1);
  }

  #isFailing(row: EndpointRow, now: number): boolean {
    const { words } = this.#table;
    const tick = this.#tickAt(now);
    const base = this.#table.at(row, 'WINDOW');
    let requests = 0;
    let failures = 0;
    for (let at = base; at < base + SLICES * SLICE_WORDS; at += SLICE_WORDS) {
      const age = tick - Atomics.load(words, at);
      if (age < 0 || age >= SLICES) continue;
      requests += Atomics.load(words, at + 1);
      failures += Atomics.load(words, at + 2);
    }
    return requests >= this.#rules.minRequests && failures >= this.#rules.failures * requests;
  }

  /** The current slice's first word. One whose time is over is emptied before it is named anew: counts may be lost, never kept. */
  #slice(row: EndpointRow, now: number): number {
    const { words } = this.#table;
    const tick = this.#tickAt(now);
    const at = this.#table.at(row, 'WINDOW') + (tick % SLICES) * SLICE_WORDS;
    if (Atomics.load(words, at) !== tick) {
      Atomics.store(words, at + 1, 0);
      Atomics.store(words, at + 2, 0);
      Atomics.store(words, at, tick);
    }
    return at;
  }

  /** From 1 up: 0 is a slice that was never used. */
  #tickAt(now: number): number {
    return Math.floor((now >>> 0) / this.#sliceMs) + 1;
  }

  #clearWindow(row: EndpointRow): void {
    const base = this.#table.at(row, 'WINDOW');
    for (let at = base; at < base + SLICES * SLICE_WORDS; at += SLICE_WORDS) Atomics.store(this.#table.words, at, 0);
  }
}
