/**
 * The publisher and acceptors on the same control words, in one thread: at every access to a word the others may do something,
 * as a list of moves has it. What the halves hold is watched: nobody may read one that is being filled, or that holds another
 * generation than he takes it for.
 */
import assert from 'node:assert/strict';
import { HeldGeneration } from '../../../src/acceptor/held-generation.ts';
import type { AcceptorSlot, Generation } from '../../../src/brand.ts';
import { ControlWords, halfOf, isAcknowledged } from '../../../src/shared-memory/control-words.ts';
import { CONTROL } from '../../../src/shared-memory/layout.ts';
import type { SharedMemory } from '../../../src/shared-memory/shared-memory.ts';
import { type Numbering, Publisher } from '../../../src/supervisor/publisher.ts';

export const LANES = 3;
const SLOTS = 2 * LANES;
const BEING_FILLED = -1;

/** `hear`: an acceptor takes the next message. `isReady`: what it is told of can be used at once. `isFollowed`: the next comes at once. */
export interface Move {
  readonly kind: 'settle' | 'publish' | 'stage' | 'promote' | 'discard' | 'hear' | 'retry' | 'die' | 'reap' | 'respawn';
  readonly lane: number;
  readonly isReady: boolean;
  readonly isFollowed: boolean;
}

/** Control words with which everybody else may come in between. */
class SharedWords extends ControlWords {
  readonly between: () => void;

  constructor(memory: SharedArrayBuffer, between: () => void) {
    super(memory);
    this.between = between;
  }

  override generation(): Generation {
    this.between();
    return super.generation();
  }

  override canary(): Generation {
    this.between();
    return super.canary();
  }

  override setGeneration(generation: Generation): void {
    this.between();
    super.setGeneration(generation);
  }

  override setCanary(generation: Generation | 0): void {
    this.between();
    super.setCanary(generation);
  }

  override set(...word: Parameters<ControlWords['set']>): void {
    this.between();
    super.set(...word);
  }
}

interface SimulatedAcceptor {
  readonly slot: AcceptorSlot;
  readonly held: HeldGeneration;
  readonly inbox: Generation[];
  isAlive: boolean;
  isBusy: boolean;
  postponed: Generation | null;
}

export class GenerationsModel {
  /** Times that a generation went live, and that a canary was given up. */
  readonly ends = { live: 0, discarded: 0 };
  readonly #buffer = new SharedArrayBuffer(16384);
  readonly #plain = new ControlWords(this.#buffer);
  readonly #publisher: Publisher;
  /** Which generation each half holds. */
  readonly #halves: number[] = [BEING_FILLED, BEING_FILLED];
  readonly #lanes: SimulatedAcceptor[] = [];
  readonly #freeSlots: number[] = Array.from({ length: SLOTS }, (_, slot) => slot);
  readonly #canaryLanes = new Set<number>();
  #moves: Iterator<Move> = [][Symbol.iterator]();
  #isPublishing = false;
  #isSettled = false;

  constructor() {
    this.#plain.words[CONTROL.SLOTS] = SLOTS;
    const control = new SharedWords(this.#buffer, () => this.#next());
    control.setCanary = (generation) => {
      if (generation !== 0) this.#halves[halfOf(generation)] = generation;
      SharedWords.prototype.setCanary.call(control, generation);
    };
    const configHalf = (half: 0 | 1) => ({ set: () => this.#fill(half) });
    this.#publisher = new Publisher({ control, configHalf } as unknown as SharedMemory, {} as Numbering);
    this.#publisher.publish(new ArrayBuffer(0));
    for (let lane = 0; lane < LANES; lane++) this.#respawn(lane);
  }

  /** Carries out all moves; those that cannot be made at their time are left out. @throws AssertionError */
  run(moves: readonly Move[]): void {
    this.#moves = moves[Symbol.iterator]();
    while (this.#next());
    this.#lookAtAll();
  }

  /** False: there are no more moves. */
  #next(): boolean {
    for (;;) {
      const { value, done } = this.#moves.next();
      if (done) return false;
      this.#make(value);
      this.#lookAtAll();
      if (!value.isFollowed) return true;
    }
  }

  #make({ kind, lane, isReady }: Move): void {
    if (kind === 'hear' || kind === 'retry' || kind === 'die') this.#makeOfAcceptor(kind, this.#lanes[lane]!, isReady);
    else if (kind === 'reap') this.#reap(lane);
    else if (kind === 'respawn') this.#respawn(lane);
    else if (!this.#isPublishing) {
      this.#isPublishing = true;
      this.#makeOfPublisher(kind, lane);
      this.#isPublishing = false;
    }
  }

  #makeOfPublisher(kind: 'settle' | 'publish' | 'stage' | 'promote' | 'discard', lane: number): void {
    const publisher = this.#publisher;
    const isStaged = publisher.staged !== null;
    if (kind === 'settle') this.#isSettled = !isStaged && isAcknowledged(this.#plain.words, this.#plain.generation());
    else if (isStaged && kind === 'promote') this.#goLive(() => publisher.promote());
    else if (isStaged && kind === 'discard') {
      publisher.discard();
      this.#canaryLanes.clear();
      this.ends.discarded++;
      this.#announce(this.#plain.generation());
    } else if (this.#isSettled && kind === 'publish') this.#goLive(() => publisher.publish(new ArrayBuffer(0)));
    else if (this.#isSettled && kind === 'stage') {
      this.#isSettled = false;
      const staged = publisher.stage(new ArrayBuffer(0));
      for (const canary of [lane, (lane + 1) % LANES]) {
        this.#canaryLanes.add(canary);
        this.#lanes[canary]!.inbox.push(staged);
      }
    }
  }

  #goLive(publish: () => Generation): void {
    this.#isSettled = false;
    const generation = publish();
    this.#canaryLanes.clear();
    this.ends.live++;
    this.#announce(generation);
  }

  #announce(generation: Generation): void {
    for (const { inbox } of this.#lanes) inbox.push(generation);
  }

  #makeOfAcceptor(kind: 'hear' | 'retry' | 'die', acceptor: SimulatedAcceptor, isReady: boolean): void {
    if (!acceptor.isAlive) return;
    if (kind === 'die') {
      acceptor.isAlive = false;
      return;
    }
    if (acceptor.isBusy) return;
    const told = kind === 'retry' ? acceptor.postponed : acceptor.inbox.shift();
    if (told !== null && told !== undefined) this.#take(acceptor, told, isReady);
  }

  #take(acceptor: SimulatedAcceptor, told: Generation, isReady: boolean): void {
    acceptor.isBusy = true;
    try {
      const taken = acceptor.held.take(told, (generation) => {
        // It reads what it is about to use; a dead one reads nothing.
        this.#next();
        if (acceptor.isAlive) this.#look(generation);
        return isReady;
      });
      acceptor.postponed = taken === null ? told : null;
    } catch (error) {
      if (!/was given up while a canary/.test((error as Error).message)) throw error;
      acceptor.isAlive = false;
    }
    acceptor.isBusy = false;
  }

  #reap(lane: number): void {
    const { isAlive, isBusy, slot } = this.#lanes[lane]!;
    if (isAlive || isBusy || this.#freeSlots.includes(slot)) return;
    this.#plain.reap(slot);
    this.#freeSlots.push(slot);
  }

  #respawn(lane: number): void {
    const before = this.#lanes[lane];
    if (before !== undefined && (before.isAlive || before.isBusy || !this.#freeSlots.includes(before.slot))) return;
    const slot = this.#freeSlots.shift() as AcceptorSlot;
    const acceptor: SimulatedAcceptor = {
      slot,
      held: new HeldGeneration(new SharedWords(this.#buffer, () => this.#next()), slot),
      inbox: this.#canaryLanes.has(lane) && this.#publisher.staged !== null ? [this.#publisher.staged] : [],
      ...{ isAlive: true, isBusy: false, postponed: null },
    };
    this.#lanes[lane] = acceptor;
    this.#plain.claim(slot, 1);
    this.#take(acceptor, this.#plain.generation(), true);
  }

  #fill(half: 0 | 1): void {
    this.#halves[half] = BEING_FILLED;
    this.#lookAtAll();
    this.#next();
  }

  #lookAtAll(): void {
    // In the middle of taking over, nothing of the one before is read.
    for (const { isAlive, isBusy, held } of this.#lanes)
      if (isAlive && !isBusy && held.inUse !== null) this.#look(held.inUse);
  }

  #look(generation: Generation): void {
    assert.equal(this.#halves[halfOf(generation)], generation, `generation ${generation} is read and no longer there`);
  }
}
