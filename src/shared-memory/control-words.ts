/**
 * The control segment under the names of `layout.ts`: the header, which the supervisor writes, and one block of words per
 * acceptor slot, which its acceptor writes. Every access is atomic and sequentially consistent.
 *
 * How a snapshot changes hands without a lock, and why nobody ever reads a half that is being written:
 *
 *   supervisor                                   acceptor
 *   fill half (g+1) mod 2, which is idle         claim(slot): PID, before anything is read
 *   setGeneration(g+1)        -- one word -->    generation() -> g+1, reads half (g+1) mod 2
 *   wait: isAcknowledged(g+1) <-- one word --    acknowledge(g+1)
 *   only now may half g mod 2 be filled again
 *
 * A canary is a generation in the idle half that is not made the newest: some acceptors are told of it by its number.
 *
 *   fill the idle half with generation c         told of c: acknowledge(c), and only then look
 *   setCanary(c), tell some acceptors            canary() is c: read half c mod 2;  else: acknowledge what is live again
 *   promote: setGeneration(c), setCanary(0)
 *   discard: setCanary(0), tell them g again, wait until all have acknowledged g; c is never used again
 *
 * An acceptor that is told late says first that it may be reading, and looks second; the supervisor clears the word first, and
 * looks second at who may be reading. Whichever comes first, one of the two sees the other.
 *
 * The half follows from the generation: were they two words, a reader could see the old one of one and the new one of the
 * other. An acceptor that claims its slot after the supervisor looked reads the generation later still, so it finds the new one.
 */
import type { AcceptorSlot, Generation } from '../brand.ts';
import { CONTROL, CONTROL_HEADER_WORDS, SLOT, SLOT_COUNTER, type SLOT_STATE, SLOT_WORDS } from './layout.ts';

/** Name of a word in an acceptor's slot. */
export type SlotWord = keyof typeof SLOT;

/** Name of a counter in an acceptor's slot. */
export type SlotCounter = keyof typeof SLOT_COUNTER;

export type SlotState = (typeof SLOT_STATE)[keyof typeof SLOT_STATE];

/** Which half of the config memory a generation lies in. */
export function halfOf(generation: Generation): 0 | 1 {
  return (generation & 1) as 0 | 1;
}

/** Index of a slot's first word. */
function slotBase(slot: number): number {
  return CONTROL_HEADER_WORDS + slot * SLOT_WORDS;
}

/**
 * The live acceptors, draining ones included, that still may read another generation than this one, an older one or a canary: a
 * pure function of the control words. While it is not empty, the other half must not be refilled.
 */
export function slotsElsewhere(words: Int32Array, generation: Generation): AcceptorSlot[] {
  const elsewhere: AcceptorSlot[] = [];
  const slots = Atomics.load(words, CONTROL.SLOTS);
  for (let slot = 0; slot < slots; slot++) {
    const base = slotBase(slot);
    if (Atomics.load(words, base + SLOT.PID) === 0) continue;
    if (Atomics.load(words, base + SLOT.ACKNOWLEDGED_GENERATION) !== generation) elsewhere.push(slot as AcceptorSlot);
  }
  return elsewhere;
}

/** Whether every live acceptor serves this generation and no other. */
export function isAcknowledged(words: Int32Array, generation: Generation): boolean {
  return slotsElsewhere(words, generation).length === 0;
}

export class ControlWords {
  /** The segment itself, for what has no method here. */
  readonly words: Int32Array;
  readonly #counters: Float64Array;

  constructor(memory: SharedArrayBuffer) {
    this.words = new Int32Array(memory);
    this.#counters = new Float64Array(memory, 0, Math.floor(memory.byteLength / 8));
  }

  /** A word of the header. */
  header(word: keyof typeof CONTROL): number {
    return Atomics.load(this.words, CONTROL[word]);
  }

  get slots(): number {
    return this.header('SLOTS');
  }

  /** The newest published generation; 0 before the first. */
  generation(): Generation {
    return Atomics.load(this.words, CONTROL.GENERATION) as Generation;
  }

  /** Supervisor only, after the generation's half is filled: the one word that makes it visible. */
  setGeneration(generation: Generation): void {
    Atomics.store(this.words, CONTROL.GENERATION, generation);
  }

  /** The generation that only some acceptors serve; 0: none. */
  canary(): Generation {
    return Atomics.load(this.words, CONTROL.CANARY_GENERATION) as Generation;
  }

  /** Supervisor only: see above. */
  setCanary(generation: Generation | 0): void {
    Atomics.store(this.words, CONTROL.CANARY_GENERATION, generation);
  }

  /** Acceptor only, before it reads the generation: from here on the supervisor waits for its acknowledgements. */
  claim(slot: AcceptorSlot, pid: number): void {
    this.set(slot, 'PID', pid);
  }

  /** Acceptor only: it has let go of every other generation. */
  acknowledge(slot: AcceptorSlot, generation: Generation): void {
    this.set(slot, 'ACKNOWLEDGED_GENERATION', generation);
  }

  /** Acceptor only. */
  setState(slot: AcceptorSlot, state: SlotState): void {
    this.set(slot, 'STATE', state);
  }

  get(slot: AcceptorSlot, word: SlotWord): number {
    return Atomics.load(this.words, slotBase(slot) + SLOT[word]);
  }

  /** Only by the acceptor that holds the slot: one writer per word. */
  set(slot: AcceptorSlot, word: SlotWord, value: number): void {
    Atomics.store(this.words, slotBase(slot) + SLOT[word], value);
  }

  /** Adds to a word of the caller's own slot; returns what it was before. */
  add(slot: AcceptorSlot, word: SlotWord, amount: number): number {
    return Atomics.add(this.words, slotBase(slot) + SLOT[word], amount);
  }

  /** What the acceptors of a slot have counted, dead ones included. */
  counter(slot: AcceptorSlot, counter: SlotCounter): number {
    return this.#counters[slotBase(slot) / 2 + SLOT_COUNTER[counter]]!;
  }

  /** Only by the acceptor that holds the slot. */
  count(slot: AcceptorSlot, counter: SlotCounter, amount: number): void {
    this.#counters[slotBase(slot) / 2 + SLOT_COUNTER[counter]]! += amount;
  }

  /** Supervisor only, once the slot's process is gone: gives back what the dead acceptor held. What was counted stays. */
  reap(slot: AcceptorSlot): void {
    for (const word of Object.keys(SLOT) as SlotWord[]) {
      if (word !== 'LOG_LINES_DROPPED') this.set(slot, word, 0);
    }
  }
}
