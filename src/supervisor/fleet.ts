import { EventEmitter } from 'node:events';
import type { AcceptorSlot, Generation, Millis } from '../brand.ts';
import type { SharedMemory } from '../shared-memory/shared-memory.ts';
import { AcceptorProcess } from './acceptor-process.ts';
import { Backoff } from './backoff.ts';
import type { ListeningSockets } from './listening-sockets.ts';

/** In a rolling replacement connections leave when they next ask something; there is no hurry to cut silent ones. */
const NEVER_QUIET = 0x7fffffff as Millis;
/** On shutdown a connection that says nothing for this long is not waited for. */
const SHUTDOWN_QUIET = 500 as Millis;
const HEARTBEAT_CHECK_EVERY_MS = 1000;
/** A loop that stood still this long serves nobody; its process is replaced. */
const HUNG_AFTER_MS = 15_000;

/**
 * A lane is one place for an acceptor: its own listening socket on every listener. It always has one acceptor that accepts;
 * during a replacement also a predecessor that drains.
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

  /** How long ago an acceptor's loop was last seen to turn. */
  heartbeatAgeMs(acceptor: AcceptorProcess): number {
    return performance.now() - acceptor.heartbeatAt;
  }

  start(): void {
    for (const lane of this.#lanes) this.#spawn(lane);
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

  /** Replaces every acceptor, one lane after the other: the next only when the successor of the one before accepts. */
  async roll(drainLimit: Millis): Promise<void> {
    for (const lane of this.#lanes) {
      while (this.#freeSlots.length === 0) await this.changed();
      const old = lane.current;
      const successor = this.#spawn(lane);
      while (!successor.isServing && this.#running.has(successor)) await this.changed();
      old?.drain(NEVER_QUIET, drainLimit);
    }
  }

  /** Drains every acceptor; resolves when all are gone. What is left after `limit` is killed. */
  async stop(limit: Millis): Promise<void> {
    this.#stopping = true;
    for (const lane of this.#lanes) if (lane.respawn !== null) clearTimeout(lane.respawn);
    for (const acceptor of this.#running) acceptor.drain(SHUTDOWN_QUIET, limit);
    const kill = setTimeout(() => this.kill(), limit + 1000);
    while (this.#running.size > 0) await this.changed();
    clearTimeout(kill);
  }

  kill(): void {
    this.#stopping = true;
    for (const acceptor of this.#running) acceptor.kill();
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
        onExit: (gone, how, failure) => this.#onExit(lane, gone, how, failure),
      },
    );
    this.#running.add(acceptor);
    lane.current = acceptor;
    return acceptor;
  }

  #onExit(lane: Lane, acceptor: AcceptorProcess, how: string, failure: string | null): void {
    this.#running.delete(acceptor);
    this.emit('exit', acceptor, how, failure);
    if (lane.current !== acceptor) return;
    lane.current = null;
    if (this.#stopping) return;
    lane.restarts++;
    lane.respawn = setTimeout(() => this.#spawn(lane), lane.backoff.next(performance.now() - acceptor.startedAt));
  }

  #watchHeartbeats(): void {
    const now = performance.now();
    for (const acceptor of this.#running) {
      const heartbeat = this.#memory.control.get(acceptor.slot, 'HEARTBEAT');
      if (heartbeat !== acceptor.heartbeat) {
        acceptor.heartbeat = heartbeat;
        acceptor.heartbeatAt = now;
      } else if (acceptor.isServing && this.heartbeatAgeMs(acceptor) > HUNG_AFTER_MS) {
        process.stderr.write(
          `penstock: acceptor ${acceptor.pid} has stood still for ${HUNG_AFTER_MS / 1000} s: killed\n`,
        );
        acceptor.kill();
      }
    }
  }
}

function newLane(index: number): Lane {
  return { index, current: null, restarts: 0, backoff: new Backoff(), respawn: null };
}
