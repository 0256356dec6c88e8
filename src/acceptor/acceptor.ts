import { AcceptLoop, closeFd } from '../../native-bindings/native.ts';
import type { Uws } from '../../native-bindings/uws-types.ts';
import type { AcceptorSlot, Generation, Millis, MonotonicMs } from '../brand.ts';
import type { AccessLogTarget, CompiledUpstream } from '../config/compiled.ts';
import type { Purge } from '../decision/policies/cache/purge.ts';
import type { AcceptorAssignment, Lever } from '../ipc.ts';
import { FIRST_LISTENING_FD } from '../ipc.ts';
import { AcceptorPool } from '../offload/acceptor-pool.ts';
import { ConfigImage } from '../shared-memory/config-image.ts';
import { halfOf } from '../shared-memory/control-words.ts';
import { EndpointTable } from '../shared-memory/endpoint-table.ts';
import { SLOT_STATE } from '../shared-memory/layout.ts';
import type { SharedMemory } from '../shared-memory/shared-memory.ts';
import { SlabWriter } from '../shared-memory/slab-writer.ts';
import { AccessLog } from '../telemetry/access-log.ts';
import type { AcceptorContext } from './acceptor-context.ts';
import { AppliedLevers } from './applied-levers.ts';
import { Deadlines, SWEEP_EVERY_MS } from './deadlines.ts';
import { UwsListener } from './listener/uws/uws-listener.ts';
import { Exchange } from './pipeline.ts';
import { AcceptorPolicies } from './policies/acceptor-policies.ts';
import { FaultReport } from './policies/fault-report.ts';
import type { KeySetShelf } from './policies/key-set-shelf.ts';
import { Refresh } from './policies/refresh.ts';
import { SideRequestSender } from './policies/side-request.ts';
import { SYSTEM_CLOCK } from './policies/system-host.ts';
import type { Recorder } from './recording/recorder.ts';
import { Recorders } from './recording/recorders.ts';
import { RequestIds } from './request-ids.ts';
import { Snapshot } from './snapshot.ts';
import type { SharedState } from './upstream/endpoint-guard.ts';
import { UpstreamGroup } from './upstream/upstream-group.ts';

const HEARTBEAT_EVERY_MS = 1000;
/** How long the last log lines may take when an acceptor leaves or its log changes. */
const LOG_FLUSH_LIMIT_MS = 1000;
/** How long an acceptor that starts waits for the keys of its policies. */
const KEYS_LIMIT_MS = 5000;
/** How often an acceptor that drains looks whether it may go. */
const DRAIN_CHECK_EVERY_MS = 20;

/** One acceptor process: takes over snapshots, accepts connections, and leaves when it is told to. */
export class Acceptor implements AcceptorContext {
  readonly exchanges = new Deadlines();
  readonly requestIds = new RequestIds();
  readonly viaPseudonym: string;
  readonly metrics: SlabWriter;
  accessLog: AccessLog | null = null;
  readonly recorders = new Recorders();
  offload = new AcceptorPool({ threads: 0 });
  isDraining = false;
  readonly #uws: Uws;
  readonly #memory: SharedMemory;
  readonly #slot: AcceptorSlot;
  readonly #loops: AcceptLoop[] = [];
  readonly #upstreams = new Map<string, UpstreamGroup>();
  #snapshot: Snapshot | null = null;
  #openConnections = 0;
  #accessLogKey = '';
  readonly #shared: SharedState;
  readonly #faults = new FaultReport();
  #levers = new AppliedLevers([]);
  readonly #policies: AcceptorPolicies;
  #drainTimer: NodeJS.Timeout | null = null;

  constructor(uws: Uws, memory: SharedMemory, assignment: AcceptorAssignment) {
    this.#uws = uws;
    this.#memory = memory;
    this.#slot = assignment.slot as AcceptorSlot;
    this.viaPseudonym = assignment.viaPseudonym;
    const { cacheBytes } = this.#imageOf(memory.control.generation()).globals();
    this.#policies = new AcceptorPolicies(memory, this.#slot, cacheBytes, new SideRequestSender(this));
    this.#shared = {
      table: new EndpointTable(memory.endpoints, memory.plan.slots, this.#slot),
      clock: () => Math.floor(SYSTEM_CLOCK.monotonic()) | 0,
      random: Math.random,
    };
    this.metrics = new SlabWriter(memory.slab(this.#slot), memory.control.header('SERIES'));
  }

  get keySets(): KeySetShelf {
    return this.#policies.keySets;
  }

  get recorder(): Recorder | null {
    return this.recorders.current;
  }

  get snapshot(): Snapshot {
    return this.#snapshot!;
  }

  refresh(exchange: Exchange): void {
    if (!this.isDraining) new Refresh(exchange, this).begin();
  }

  /** @returns how many stored responses were dropped */
  purgeCache(purge: Purge): number {
    return this.#policies.purgeCache(purge);
  }

  now(): MonotonicMs {
    return performance.now() as MonotonicMs;
  }

  random(): number {
    return Math.random();
  }

  /** Begins to accept on every listener, in the order of the inherited descriptors. */
  serve(listeners: readonly string[]): void {
    listeners.forEach((name, index) => {
      const loop = this.#createLoop(name, FIRST_LISTENING_FD + index);
      this.#loops.push(loop);
      loop.start();
    });
    setInterval(() => this.#sweep(), SWEEP_EVERY_MS);
    setInterval(() => this.#beat(), HEARTBEAT_EVERY_MS).unref();
    this.#memory.control.setState(this.#slot, SLOT_STATE.SERVING);
  }

  /** Accepts for one listener, up to its limit of open connections; beyond it, new ones wait in the kernel's queue. */
  #createLoop(name: string, fd: number): AcceptLoop {
    const { limits } = this.snapshot.listeners.get(name)!.config;
    let openHere = 0;
    const listener = this.#createListener(name, (delta) => {
      this.#countConnections(delta);
      openHere += delta;
      if (openHere >= limits.connections) loop.stop();
      else if (delta < 0) loop.start();
    });
    const loop = new AcceptLoop(fd, (accepted) => listener.adopt(accepted), reportAcceptError);
    return loop;
  }

  /** @throws Error of one sentence: uWS itself says nothing more than that it failed */
  #createListener(name: string, onConnectionCount: (delta: number) => void): UwsListener {
    try {
      return new UwsListener(this.#uws, this.snapshot.listeners.get(name)!, {
        start: (downstream) => {
          const exchange = new Exchange(this, downstream, this.now());
          exchange.begin();
          return exchange;
        },
        onConnectionCount,
      });
    } catch (error) {
      throw new Error(
        `Listener ${name} cannot be set up, are its certificates and keys readable and whole? (${(error as Error).message})`,
      );
    }
  }

  /**
   * Takes over a generation: exchanges that begin from now on use it. Upstreams that did not change keep their connections.
   *
   * @param told the newest, or the canary
   * @returns the one that was taken: the newest, when what was told is neither any more
   */
  takeOver(told: Generation): Generation {
    const generation = this.#hold(told);
    if (generation === this.#snapshot?.generation) {
      this.#memory.control.acknowledge(this.#slot, generation);
      return generation;
    }
    this.#use(generation);
    this.#memory.control.acknowledge(this.#slot, generation);
    return generation;
  }

  /** What operators have changed by hand: in force for exchanges that begin from now on. */
  applyLevers(levers: readonly Lever[]): void {
    this.#levers = new AppliedLevers(levers);
    if (this.#snapshot !== null) this.#use(this.#snapshot.generation);
  }

  #use(generation: Generation): void {
    const image = this.#imageOf(generation);
    const inUse = new Set<string>();
    const globals = image.globals();
    this.#policies.use(globals);
    this.#useThreads(globals.offloadThreads);
    this.#snapshot = new Snapshot(generation, image, {
      makeUpstream: (config) => this.#upstreamFor(config, inUse),
      shelf: this.#policies.shelf,
      faults: this.#faults,
      levers: this.#levers,
    });
    for (const [key, group] of this.#upstreams) {
      if (inUse.has(key)) continue;
      this.#upstreams.delete(key);
      group.close();
      // Nobody sets these any more, unless a changed upstream of the same name does at the next beat.
      this.metrics.setConnections(group.series, 0);
      this.metrics.setWaiting(group.series, 0);
    }
    this.#openAccessLog(globals.accessLog);
    this.recorders.use(globals.credentialPlaces);
  }

  /** Resolves when the first keys are there, so that no request finds none that could have been had; not later than a limit. */
  keysHeard(): Promise<void> {
    const { keySets } = this.#imageOf(this.snapshot.generation).globals();
    return this.keySets.heard(
      keySets.map(({ url }) => url),
      KEYS_LIMIT_MS,
    );
  }

  /** See `drain` in ipc.ts. Exits the process in the end. Told again, the newer limits hold. */
  drain(quiet: Millis, limit: Millis): void {
    if (this.#drainTimer !== null) clearInterval(this.#drainTimer);
    if (!this.isDraining) this.#stopAccepting();
    const began = this.now();
    let busyAt = began;
    this.#drainTimer = setInterval(() => {
      const now = this.now();
      if (this.exchanges.size > 0) busyAt = now;
      if (this.#openConnections === 0 || now - busyAt >= quiet || now - began >= limit) void this.#leave();
    }, DRAIN_CHECK_EVERY_MS);
  }

  /** Once no process has a listening socket open any more, new connections are refused rather than left waiting. */
  #stopAccepting(): void {
    this.isDraining = true;
    this.#memory.control.setState(this.#slot, SLOT_STATE.DRAINING);
    this.#loops.forEach((loop, index) => {
      loop.close();
      closeFd(FIRST_LISTENING_FD + index);
    });
  }

  async #leave(): Promise<void> {
    clearInterval(this.#drainTimer!);
    this.exchanges.expireAll('shutting_down');
    this.#policies.close();
    await this.recorders.close(LOG_FLUSH_LIMIT_MS);
    await this.accessLog?.close(LOG_FLUSH_LIMIT_MS);
    process.exit(0);
  }

  /** Says that a generation may be read from now on, and looks whether it still may: see `ControlWords`. */
  #hold(told: Generation): Generation {
    const { control } = this.#memory;
    if (told !== control.generation()) {
      control.acknowledge(this.#slot, told);
      if (told !== control.canary() && told !== control.generation()) return this.#hold(control.generation());
    }
    return told;
  }

  #imageOf(generation: Generation): ConfigImage {
    return new ConfigImage(this.#memory.configHalf(halfOf(generation)));
  }

  #useThreads(threads: number): void {
    if (threads === this.offload.threads) return;
    void this.offload.close();
    this.offload = new AcceptorPool({ threads, onFault: reportTaskFault });
  }

  #upstreamFor(config: CompiledUpstream, inUse: Set<string>): UpstreamGroup {
    const key = JSON.stringify(config);
    inUse.add(key);
    let group = this.#upstreams.get(key);
    if (group === undefined) {
      group = new UpstreamGroup(config, performance.now.bind(performance), this.#shared);
      this.#upstreams.set(key, group);
    }
    return group;
  }

  #sweep(): void {
    this.exchanges.sweep(this.now());
    for (const group of this.#upstreams.values()) group.sweep();
  }

  /** A log that stays the same is reopened, which is what a rotation wants of a reload. */
  #openAccessLog(target: AccessLogTarget | null): void {
    const key = JSON.stringify(target);
    if (key === this.#accessLogKey) {
      this.accessLog?.reopen();
      return;
    }
    this.#accessLogKey = key;
    void this.accessLog?.close(LOG_FLUSH_LIMIT_MS);
    this.accessLog =
      target === null
        ? null
        : new AccessLog(target, { onLost: (lines) => this.#countLost(lines), onTrouble: reportLogTrouble });
  }

  #countLost(lines: number): void {
    this.#memory.control.add(this.#slot, 'LOG_LINES_DROPPED', lines);
  }

  #countConnections(delta: number): void {
    this.#openConnections += delta;
    this.#memory.control.set(this.#slot, 'OPEN_CONNECTIONS', this.#openConnections);
  }

  #beat(): void {
    this.#memory.control.add(this.#slot, 'HEARTBEAT', 1);
    this.#memory.control.set(this.#slot, 'EXCHANGES_IN_FLIGHT', this.exchanges.size);
    for (const group of this.#upstreams.values()) {
      this.metrics.setConnections(group.series, group.openConnections);
      this.metrics.setWaiting(group.series, group.waiting);
    }
  }
}

function reportAcceptError(code: string): void {
  process.stderr.write(`penstock: acceptor ${process.pid} cannot accept connections for a moment: ${code}\n`);
}

function reportTaskFault(task: string, error: unknown): void {
  process.stderr.write(`penstock: the task ${task} failed in its thread: ${error}\n`);
}

function reportLogTrouble(error: Error): void {
  process.stderr.write(`penstock: the access log loses lines: ${error.message}\n`);
}
