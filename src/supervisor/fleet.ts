import { EventEmitter } from 'node:events';
import type { AcceptorSlot, Generation, Millis } from '../brand.ts';
import type { Purge } from '../decision/policies/cache/purge.ts';
import type { Identity } from '../identities.ts';
import type { RecordedBatch } from '../ipc.ts';
import type { SharedMemory } from '../shared-memory/shared-memory.ts';
import { AcceptorProcess } from './acceptor-process.ts';
import { Backoff } from './backoff.ts';
import { HEARTBEAT_CHECK_EVERY_MS } from './heartbeat.ts';
import type { ListeningSockets } from './listening-sockets.ts';

/** In a rolling replacement connections leave when they next ask something; there is no hurry to cut silent ones. */
const NEVER_QUIET = 0x7fffffff as Millis;
/** On shutdown a connection that says nothing for this long is not waited for. */
const SHUTDOWN_QUIET = 500 as Millis;
/** What an acceptor may take beyond its drain limit to write its last log lines, before it is killed. */
const KILL_MARGIN_MS = 2000;
const LONGEST_TIMER_MS = 0x7fffffff;

/**
 * A lane is one place for an acceptor: its own listening socket on every listener.
 *
 *   current     accepts; when it dies another is started in its place, at once or after a backoff (then null meanwhile)
 *   successor   only during a replacement: becomes current, and current drains, when it accepts; until then nothing is lost
 *               by its death
 */
interface Lane {
  readonly index: number;
  current: AcceptorProcess | null;
  restarts: number;
  readonly backoff: Backoff;
  respawn: NodeJS.Timeout | null;
}

/** What a fleet tells whoever runs it. */
interface FleetEvents {
  serving: [acceptor: AcceptorProcess];
  acknowledged: [acceptor: AcceptorProcess, generation: Generation];
  /** An acceptor is gone and its slot free again. */
  exit: [acceptor: AcceptorProcess, how: string, failure: string | null];
  /** One that nobody had told to go left its lane without an acceptor; another is started after `backoff`. */
  died: [acceptor: AcceptorProcess, how: string, failure: string | null, backoff: Millis];
  /** The loop of an acceptor stands still; it is killed. */
  hung: [acceptor: AcceptorProcess];
  /** A process has been forked: what it is sent now it hears before it serves. */
  spawned: [acceptor: AcceptorProcess];
  unknownKey: [url: string, kid: string];
  recorded: [acceptor: AcceptorProcess, batch: RecordedBatch];
}

const EVENTS = ['serving', 'acknowledged', 'exit'] as const;

/** All acceptors of the gateway: keeps every lane served, whatever happens to the processes. */
export class Fleet extends EventEmitter<FleetEvents> {
  readonly #memory: SharedMemory;
  readonly #sockets: readonly ListeningSockets[];
  readonly #viaPseudonym: string;
  readonly #lanes: Lane[];
  readonly #freeSlots: AcceptorSlot[];
  readonly #running = new Set<AcceptorProcess>();
  #stopping = false;

  /** @param reap gives back what a dead acceptor held in its slot */
  constructor(
    memory: SharedMemory,
    sockets: readonly ListeningSockets[],
    lanes: number,
    viaPseudonym: string,
    reap: (slot: AcceptorSlot) => void,
  ) {
    super();
    this.#memory = memory;
    this.#sockets = sockets;
    this.#viaPseudonym = viaPseudonym;
    this.#lanes = Array.from({ length: lanes }, (_, index) => newLane(index));
    this.#freeSlots = Array.from({ length: memory.plan.slots }, (_, slot) => slot as AcceptorSlot);
    this.on('exit', ({ slot }) => {
      reap(slot);
      this.#freeSlots.push(slot);
    });
  }

  /** Every process, draining ones included. */
  get acceptors(): readonly AcceptorProcess[] {
    return [...this.#running];
  }

  /** Unplanned deaths so far, by lane. */
  restartsOf(lane: number): number {
    return this.#lanes[lane]!.restarts;
  }

  get restarts(): number {
    return this.#lanes.reduce((sum, lane) => sum + lane.restarts, 0);
  }

  start(): void {
    for (const lane of this.#lanes) this.#fill(lane);
    setInterval(() => this.#watchHeartbeats(), HEARTBEAT_CHECK_EVERY_MS).unref();
  }

  /** Resolves at the next thing that happens to an acceptor: it serves, acknowledges, or is gone. */
  changed(): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        for (const event of EVENTS) this.off(event, done);
        resolve();
      };
      for (const event of EVENTS) this.on(event, done);
    });
  }

  announce(generation: Generation): void {
    for (const acceptor of this.#running) acceptor.takeOver(generation);
  }

  /** Has every acceptor drop stored responses. Resolves when all have. */
  async purgeCache(purge: Purge): Promise<{ readonly acceptors: number; readonly dropped: number }> {
    const counts = await Promise.all([...this.#running].map((acceptor) => acceptor.purgeCache(purge)));
    return { acceptors: counts.length, dropped: counts.reduce<number>((sum, count) => sum + (count ?? 0), 0) };
  }

  /** Has every acceptor show these certificates in place of earlier ones. Resolves when all do. */
  async giveIdentities(identities: readonly Identity[]): Promise<void> {
    await Promise.all([...this.#running].map((acceptor) => acceptor.giveIdentities(identities)));
  }

  /** Has every acceptor go on in a new file of the access log. Resolves when none writes to the old one any more. */
  async reopenLog(): Promise<void> {
    await Promise.all([...this.#running].map((acceptor) => acceptor.reopenLog()));
  }

  /**
   * Replaces every acceptor, one lane after the other: the next only when the successor of the one before accepts.
   *
   * @throws Error when a successor does not get that far: its predecessor and the lanes not yet reached go on as they are
   */
  async roll(drainLimit: Millis): Promise<void> {
    for (const lane of this.#lanes) {
      while (!this.#hasSlotToSpare() && !this.#stopping) await this.changed();
      if (this.#stopping) return;
      await this.#replace(lane, drainLimit);
    }
  }

  async #replace(lane: Lane, drainLimit: Millis): Promise<void> {
    const successor = this.#spawn(lane);
    while (!successor.isServing && this.#running.has(successor)) await this.changed();
    if (this.#stopping) return;
    if (!this.#running.has(successor)) throw new Error(successor.failure ?? 'the new acceptor ended before it served');
    // The lane may have been waiting to start one of its own.
    if (lane.respawn !== null) clearTimeout(lane.respawn);
    lane.respawn = null;
    const predecessor = lane.current;
    lane.current = successor;
    predecessor?.drain(NEVER_QUIET, drainLimit);
  }

  /** A lane that waits for its acceptor to be started again has first claim to a slot. */
  #hasSlotToSpare(): boolean {
    const empty = this.#lanes.filter(({ current }) => current === null).length;
    return this.#freeSlots.length > empty;
  }

  /** Drains every acceptor; resolves when all are gone. What is left soon after `limit` is killed. */
  async stop(limit: Millis): Promise<void> {
    this.#startNoMore();
    for (const acceptor of this.#running) acceptor.drain(SHUTDOWN_QUIET, limit);
    const kill = setTimeout(() => this.kill(), Math.min(limit + KILL_MARGIN_MS, LONGEST_TIMER_MS));
    while (this.#running.size > 0) await this.changed();
    clearTimeout(kill);
  }

  /** Ends every acceptor at once, for good. */
  kill(): void {
    this.#startNoMore();
    for (const acceptor of this.#running) acceptor.kill();
  }

  #startNoMore(): void {
    this.#stopping = true;
    for (const { respawn } of this.#lanes) if (respawn !== null) clearTimeout(respawn);
  }

  #spawn(lane: Lane): AcceptorProcess {
    const slot = this.#freeSlots.shift();
    if (slot === undefined)
      throw new Error('No acceptor slot is free: an acceptor was started without its predecessor being reaped.');
    const assignment = {
      slot,
      listeners: this.#sockets.map(({ listener }) => listener.name),
      viaPseudonym: this.#viaPseudonym,
    };
    const acceptor = new AcceptorProcess(
      lane.index,
      assignment,
      [this.#memory.fd, ...this.#sockets.map(({ fdByLane }) => fdByLane[lane.index]!)],
      {
        onServing: (served) => this.emit('serving', served),
        onAcknowledged: (behind, generation) => this.emit('acknowledged', behind, generation),
        onUnknownKey: (url, kid) => this.emit('unknownKey', url, kid),
        onRecorded: (recorder, batch) => this.emit('recorded', recorder, batch),
        onExit: (gone, how, failure) => this.#onExit(lane, gone, how, failure),
      },
    );
    this.#running.add(acceptor);
    this.emit('spawned', acceptor);
    return acceptor;
  }

  #fill(lane: Lane): void {
    lane.respawn = null;
    lane.current = this.#spawn(lane);
  }

  #onExit(lane: Lane, acceptor: AcceptorProcess, how: string, failure: string | null): void {
    this.#running.delete(acceptor);
    this.emit('exit', acceptor, how, failure);
    if (lane.current !== acceptor) return;
    lane.current = null;
    if (this.#stopping) return;
    lane.restarts++;
    const backoff = lane.backoff.next(performance.now() - acceptor.startedAt);
    lane.respawn = setTimeout(() => this.#fill(lane), backoff);
    this.emit('died', acceptor, how, failure, backoff);
  }

  #watchHeartbeats(): void {
    for (const acceptor of this.#running) {
      acceptor.heartbeat.look(this.#memory.control.get(acceptor.slot, 'HEARTBEAT'));
      if (!acceptor.heartbeat.isHung(acceptor.isServing)) continue;
      this.emit('hung', acceptor);
      acceptor.kill();
    }
  }
}

function newLane(index: number): Lane {
  return { index, current: null, restarts: 0, backoff: new Backoff(), respawn: null };
}
