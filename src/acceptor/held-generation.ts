import type { AcceptorSlot, Generation } from '../brand.ts';
import type { ControlWords } from '../shared-memory/control-words.ts';

/**
 * Which generation this acceptor reads, as it says in its control words: its side of the protocol drawn in `control-words.ts`.
 *
 *   told ──► hold: say so, and look whether it still may be read ──► use ──► acknowledge
 *                                                                     └── not yet: go on with the one in use
 */
export class HeldGeneration {
  readonly #control: ControlWords;
  readonly #slot: AcceptorSlot;
  #inUse: Generation | null = null;

  constructor(control: ControlWords, slot: AcceptorSlot) {
    this.#control = control;
    this.#slot = slot;
  }

  /** Null: none yet. */
  get inUse(): Generation | null {
    return this.#inUse;
  }

  /**
   * Takes over a generation.
   *
   * @param told the newest, or the canary
   * @param use reads it, and lets go of the one before; false when it cannot be used yet, and nothing was let go of
   * @returns the one that is in use now: the newest, when what was told is neither any more; null when it cannot be used yet
   * @throws Error when what goes on being in use may have been refilled meanwhile: the acceptor must end then
   */
  take(told: Generation, use: (generation: Generation) => boolean): Generation | null {
    const generation = this.#hold(told);
    if (generation !== this.#inUse && !use(generation)) {
      this.#goOn();
      return null;
    }
    this.#inUse = generation;
    this.#control.acknowledge(this.#slot, generation);
    return generation;
  }

  /** Says that a generation may be read from now on, and looks whether it still may. */
  #hold(told: Generation): Generation {
    const control = this.#control;
    if (told !== control.generation()) {
      control.acknowledge(this.#slot, told);
      if (told !== control.canary() && told !== control.generation()) return this.#hold(control.generation());
    }
    return told;
  }

  /** A canary was held that is not used after all: takes that back, first said and then looked at, as ever. */
  #goOn(): void {
    const control = this.#control;
    const inUse = this.#inUse;
    if (inUse === null || control.get(this.#slot, 'ACKNOWLEDGED_GENERATION') === inUse) return;
    control.acknowledge(this.#slot, inUse);
    if (control.generation() !== inUse)
      throw new Error(`Generation ${inUse} was given up while a canary that cannot be used yet was held.`);
  }
}
