import { closeFd } from '../../native-bindings/native.ts';
import type { Uws } from '../../native-bindings/uws-types.ts';
import type { AcceptorSlot, Generation, Millis, MonotonicMs } from '../brand.ts';
import type { Purge } from '../decision/policies/cache/purge.ts';
import type { Identity } from '../identities.ts';
import type { AcceptorAssignment, Lever } from '../ipc.ts';
import { FIRST_LISTENING_FD } from '../ipc.ts';
import { AcceptorPool } from '../offload/acceptor-pool.ts';
import { ConfigImage } from '../shared-memory/config-image.ts';
import { halfOf } from '../shared-memory/control-words.ts';
import { EndpointTable } from '../shared-memory/endpoint-table.ts';
import { SLOT_STATE } from '../shared-memory/layout.ts';
import type { SharedMemory } from '../shared-memory/shared-memory.ts';
import { SlabWriter } from '../shared-memory/slab-writer.ts';
import type { AccessLog } from '../telemetry/access-log.ts';
import { gatewayLog } from '../telemetry/gateway-log.ts';
import type { AcceptorContext } from './acceptor-context.ts';
import { reportAcceptError, reportTaskFault } from './acceptor-reports.ts';
import { AcceptorTelemetry } from './acceptor-telemetry.ts';
import { AppliedLevers } from './applied-levers.ts';
import { Deadlines, SWEEP_EVERY_MS } from './deadlines.ts';
import { HeldGeneration } from './held-generation.ts';
import { IdentityShelf } from './identity-shelf.ts';
import { ServedListener } from './listener/uws/served-listener.ts';
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
import type { Tracing } from './tracing/tracing.ts';
import { RunningUpstreams } from './upstream/running-upstreams.ts';

const HEARTBEAT_EVERY_MS = 1000;
/** How long the last lines of a recording may take when an acceptor leaves. */
const RECORDING_FLUSH_LIMIT_MS = 1000;
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
  readonly identities = new IdentityShelf();
  readonly telemetry: AcceptorTelemetry;
  accessLog: AccessLog | null = null;
  tracing: Tracing | null = null;
  readonly recorders = new Recorders();
  offload = new AcceptorPool({ threads: 0 });
  isDraining = false;
  readonly #uws: Uws;
  readonly #memory: SharedMemory;
  readonly #slot: AcceptorSlot;
  /** In the order of the inherited descriptors. */
  readonly #listeners = new Map<string, ServedListener>();
  readonly #upstreams: RunningUpstreams;
  readonly #held: HeldGeneration;
  #snapshot: Snapshot | null = null;
  #openConnections = 0;
  readonly #faults = new FaultReport();
  #levers = new AppliedLevers([]);
  /** Told to be taken over before the certificates it names had come. */
  #postponed: Generation | null = null;
  readonly #policies: AcceptorPolicies;
  #drainTimer: NodeJS.Timeout | null = null;

  constructor(uws: Uws, memory: SharedMemory, assignment: AcceptorAssignment) {
    this.#uws = uws;
    this.#memory = memory;
    this.#slot = assignment.slot as AcceptorSlot;
    this.viaPseudonym = assignment.viaPseudonym;
    const { cacheBytes } = this.#imageOf(memory.control.generation()).globals();
    this.#policies = new AcceptorPolicies(memory, this.#slot, cacheBytes, new SideRequestSender(this));
    this.metrics = new SlabWriter(memory.slab(this.#slot), memory.control.header('SERIES'));
    this.#held = new HeldGeneration(memory.control, this.#slot);
    const shared = {
      table: new EndpointTable(memory.endpoints, memory.plan.slots, this.#slot),
      clock: () => Math.floor(SYSTEM_CLOCK.monotonic()) | 0,
      random: Math.random,
    };
    this.#upstreams = new RunningUpstreams(shared, this.identities, this.metrics);
    this.telemetry = new AcceptorTelemetry(this.viaPseudonym, memory.control, this.#slot);
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
      const listener = this.#createListener(name, FIRST_LISTENING_FD + index);
      this.#listeners.set(name, listener);
      listener.start();
    });
    setInterval(() => this.#sweep(), SWEEP_EVERY_MS);
    setInterval(() => this.#beat(), HEARTBEAT_EVERY_MS).unref();
    this.#memory.control.setState(this.#slot, SLOT_STATE.SERVING);
  }

  #createListener(name: string, fd: number): ServedListener {
    return new ServedListener(this.#uws, this.snapshot.listeners.get(name)!, fd, {
      start: (downstream) => {
        const exchange = new Exchange(this, downstream, this.now());
        exchange.begin();
        return exchange;
      },
      onConnectionCount: (delta) => this.#countConnections(delta),
      onAcceptError: reportAcceptError,
      identities: this.identities,
    });
  }

  /**
   * Takes over a generation: exchanges that begin from now on use it. Upstreams that did not change keep their connections.
   *
   * @param told the newest, or the canary
   * @returns the one that was taken: the newest, when what was told is neither any more; null when it names a certificate that is
   *   not there yet, which is on its way
   */
  takeOver(told: Generation): Generation | null {
    const taken = this.#held.take(told, (generation) => this.#use(generation));
    this.#postponed = taken === null ? told : null;
    return taken;
  }

  /**
   * Shows these certificates from now on, also to upstreams.
   *
   * @returns a generation that could be taken over now that they are there, or null
   */
  useIdentities(identities: readonly Identity[]): Generation | null {
    this.identities.receive(identities);
    if (this.#postponed !== null) return this.takeOver(this.#postponed);
    if (this.#snapshot !== null) this.#use(this.#snapshot.generation);
    return null;
  }

  /** What operators have changed by hand: in force for exchanges that begin from now on. */
  applyLevers(levers: readonly Lever[]): void {
    this.#levers = new AppliedLevers(levers);
    gatewayLog.setLevel(this.#levers.logLevel);
    if (this.#snapshot !== null) this.#use(this.#snapshot.generation);
  }

  /** False: it names a certificate that is not there. */
  #use(generation: Generation): boolean {
    const image = this.#imageOf(generation);
    const inUse = new Set<string>();
    const globals = image.globals();
    if (!this.identities.covers(globals)) return false;
    this.#policies.use(globals);
    this.#useThreads(globals.offloadThreads);
    this.#snapshot = new Snapshot(generation, image, {
      makeUpstream: (config) => this.#upstreams.groupFor(config, inUse),
      shelf: this.#policies.shelf,
      faults: this.#faults,
      levers: this.#levers,
    });
    this.#upstreams.keep(inUse);
    this.#renewCertificates();
    this.telemetry.use(globals.telemetry);
    this.accessLog = this.telemetry.accessLog;
    this.tracing = this.telemetry.tracing;
    this.recorders.use(globals.credentialPlaces);
    return true;
  }

  #renewCertificates(): void {
    for (const [name, listener] of this.#listeners) {
      try {
        listener.renew(this.snapshot.listeners.get(name)!.config);
      } catch (error) {
        // They passed every check there is: rather the old ones than an acceptor that cannot be started again either.
        gatewayLog.error(`acceptor ${process.pid} keeps the old certificates. ${(error as Error).message}`);
      }
    }
  }

  /** Resolves when all certificates are there that the newest config names. */
  identitiesHeard(): Promise<void> {
    return this.identities.heard(() => this.#imageOf(this.#memory.control.generation()).globals());
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
    [...this.#listeners.values()].forEach((listener, index) => {
      listener.close();
      closeFd(FIRST_LISTENING_FD + index);
    });
  }

  async #leave(): Promise<void> {
    clearInterval(this.#drainTimer!);
    this.exchanges.expireAll('shutting_down');
    this.#policies.close();
    await Promise.all([this.recorders.close(RECORDING_FLUSH_LIMIT_MS), this.telemetry.close()]);
    process.exit(0);
  }

  #imageOf(generation: Generation): ConfigImage {
    return new ConfigImage(this.#memory.configHalf(halfOf(generation)));
  }

  #useThreads(threads: number): void {
    if (threads === this.offload.threads) return;
    void this.offload.close();
    this.offload = new AcceptorPool({ threads, onFault: reportTaskFault });
  }

  #sweep(): void {
    this.exchanges.sweep(this.now());
    this.#upstreams.sweep();
  }

  #countConnections(delta: number): void {
    this.#openConnections += delta;
    this.#memory.control.set(this.#slot, 'OPEN_CONNECTIONS', this.#openConnections);
  }

  #beat(): void {
    this.#memory.control.add(this.#slot, 'HEARTBEAT', 1);
    this.#memory.control.set(this.#slot, 'EXCHANGES_IN_FLIGHT', this.exchanges.size);
    this.telemetry.publishCounts();
    this.#upstreams.publishCounts();
  }
}
