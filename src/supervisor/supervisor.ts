/**
 * Process 0: never carries a request. It owns the sockets and the memory, so that no acceptor's death can take them along.
 *
 *   start     compile -> memory -> publish -> listen -> fork acceptors -> admin
 *   reload    compile -> publish into the idle half -> announce -> every acceptor acknowledges   (SIGHUP)
 *   roll      fork a successor, wait until it accepts, drain the predecessor, next lane          (SIGUSR2)
 *   stop      drain all acceptors, close sockets                                                 (SIGTERM, SIGINT)
 */
import { randomBytes } from 'node:crypto';
import { availableParallelism } from 'node:os';
import type { AcceptorSlot, Bytes, Millis } from '../brand.ts';
import type { CompiledListener } from '../config/compiled.ts';
import { type Diagnostic, diagnosticAt, formatDiagnostic } from '../config/diagnostics.ts';
import { CompilePool } from '../offload/compile-pool.ts';
import type { CompileSuccess } from '../offload/protocol.ts';
import { clearGauges, slabBytes } from '../shared-memory/metrics-slab.ts';
import { createSharedMemory, type SharedMemory } from '../shared-memory/shared-memory.ts';
import type { AcceptorProcess } from './acceptor-process.ts';
import { AdminServer } from './admin/server.ts';
import { Fleet } from './fleet.ts';
import { closeListeningSockets, type ListeningSockets, openListeningSockets } from './listening-sockets.ts';
import { Observation } from './observation.ts';
import { Publisher } from './publisher.ts';

/** One word of state a bucket; see layout.ts. */
const BUCKET_BYTES = 8;
const NO_LIMIT = 0x7fffffff as Millis;

/** The gateway cannot start, for a reason the operator can mend; already one readable text. */
export class StartError extends Error {}

/** A running gateway. */
export class Supervisor {
  readonly configPath: string;
  readonly viaPseudonym = `penstock-${randomBytes(4).toString('hex')}`;
  readonly startedAt = new Date();
  readonly memory: SharedMemory;
  readonly publisher: Publisher;
  readonly fleet: Fleet;
  readonly sockets: readonly ListeningSockets[];
  /** The newest config that is in force, as the supervisor itself goes by it. */
  compiled: CompileSuccess;
  /** What was wrong with the last config that was refused; null when the newest was taken. */
  lastRefusal: { readonly at: Date; readonly message: string } | null = null;
  publishedAt = new Date();
  /** Where the admin API answers; null: nowhere. */
  adminUrl: string | null = null;
  #admin: AdminServer | null = null;
  readonly #pool: CompilePool;
  /** Reloads and replacements run one after the other. */
  #work: Promise<void> = Promise.resolve();
  #stopping = false;

  private constructor(configPath: string, pool: CompilePool, compiled: CompileSuccess) {
    this.configPath = configPath;
    this.#pool = pool;
    this.compiled = compiled;
    const { runtime } = compiled.settings;
    const lanes = runtime.acceptors === 'auto' ? availableParallelism() : runtime.acceptors;
    const { capacity } = compiled.series;
    this.sockets = openListeningSockets(compiled.globals.listeners, lanes);
    this.memory = createSharedMemory({
      slots: 2 * lanes,
      configHalfBytes: runtime.memory.config as Bytes,
      bucketBytes: (runtime.memory.buckets * BUCKET_BYTES) as Bytes,
      slabBytes: slabBytes(capacity) as Bytes,
      series: capacity,
    });
    this.publisher = new Publisher(this.memory, compiled.series);
    this.fleet = new Fleet(this.memory, this.sockets, lanes, this.viaPseudonym, (slot) => this.#reap(slot, capacity));
  }

  /**
   * Starts a gateway; resolves when every acceptor accepts connections.
   *
   * @throws StartError with everything that is wrong with the config, or why it could not listen or serve
   */
  static async start(configPath: string): Promise<Supervisor> {
    const pool = new CompilePool();
    try {
      const compiled = await pool.compile({
        path: configPath,
        environment: { ...process.env },
        series: null,
        roomBytes: null,
      });
      if (!compiled.ok) throw new StartError(lines(compiled.diagnostics));
      const supervisor = new Supervisor(configPath, pool, compiled);
      await supervisor.#begin();
      return supervisor;
    } catch (error) {
      await pool.close();
      throw error;
    }
  }

  async #begin(): Promise<void> {
    this.publisher.publish(this.compiled);
    this.fleet.start();
    await this.#allServing();
    await this.#openAdmin();
    this.fleet.on('exit', (acceptor, how, failure) => {
      if (!acceptor.isDraining)
        report(`acceptor ${acceptor.pid} ended (${how}); another takes its place. ${failure ?? ''}`);
    });
  }

  async #openAdmin(): Promise<void> {
    const { address, token } = this.compiled.settings.admin;
    const source = new Observation(this);
    this.#admin = new AdminServer({
      address,
      token: token ?? null,
      source,
      onFailure: (error) => report(`the admin API failed: ${error}`),
    });
    try {
      const port = await this.#admin.listen();
      this.adminUrl = 'unix' in address ? `unix:${address.unix}` : `http://${address.host}:${port}`;
    } catch (error) {
      throw new StartError(`The admin API cannot listen: ${(error as Error).message}.`);
    }
  }

  /** An acceptor that ends before all have served would not do better the next time: give up and say why. */
  async #allServing(): Promise<void> {
    const deaths: string[] = [];
    const onExit = (_acceptor: AcceptorProcess, how: string, failure: string | null) => deaths.push(failure ?? how);
    this.fleet.on('exit', onExit);
    while (deaths.length === 0 && this.fleet.acceptors.some(({ isServing }) => !isServing)) await this.fleet.changed();
    this.fleet.off('exit', onExit);
    if (deaths.length === 0) return;
    this.fleet.kill();
    closeListeningSockets(this.sockets);
    throw new StartError(`The acceptors cannot start: ${deaths[0]}`);
  }

  /** Reads the config again and publishes it; one that is not valid changes nothing. Resolves to whether it was taken. */
  reload(): Promise<boolean> {
    return this.#serially(async () => {
      await this.publisher.settled(this.fleet);
      const reply = await this.publisher.compile(this.#pool, this.configPath);
      const diagnostics = reply.ok ? restartNeeded(this.compiled, reply, this.configPath) : reply.diagnostics;
      if (!reply.ok || diagnostics.length > 0) {
        this.lastRefusal = { at: new Date(), message: lines(diagnostics) };
        report(`the config was not taken; generation ${this.publisher.generation} goes on.\n${lines(diagnostics)}`);
        return false;
      }
      const listenersChanged =
        JSON.stringify(reply.globals.listeners) !== JSON.stringify(this.compiled.globals.listeners);
      this.compiled = reply;
      this.lastRefusal = null;
      this.publishedAt = new Date();
      const generation = this.publisher.publish(reply);
      this.fleet.announce(generation);
      await this.publisher.settled(this.fleet);
      report(`generation ${generation} is live: ${reply.routes} routes`);
      // A listener's app is built once for a process: its settings arrive with the acceptor's successor.
      if (listenersChanged) await this.fleet.roll(this.drainLimit);
      return true;
    });
  }

  /** Replaces every acceptor by a new process without losing a request. */
  roll(): Promise<void> {
    return this.#serially(() => this.fleet.roll(this.drainLimit));
  }

  /** Lets exchanges end and resolves when every process is gone. */
  async stop(): Promise<void> {
    if (this.#stopping) {
      this.fleet.kill();
      return;
    }
    this.#stopping = true;
    await this.fleet.stop(this.drainLimit);
    await this.#admin?.close();
    closeListeningSockets(this.sockets);
    await this.#pool.close();
  }

  get drainLimit(): Millis {
    const limit = this.compiled.settings.runtime.drainTimeout;
    return (limit === 0 ? NO_LIMIT : limit) as Millis;
  }

  #reap(slot: AcceptorSlot, series: number): void {
    this.memory.control.reap(slot);
    clearGauges(this.memory.slab(slot), series);
  }

  #serially<T>(task: () => Promise<T>): Promise<T> {
    const done = this.#work.then(task);
    this.#work = done.then(
      () => {},
      () => {},
    );
    return done;
  }
}

/** What a running gateway cannot change: sockets are opened and memory is sized once. */
function restartNeeded(before: CompileSuccess, after: CompileSuccess, file: string): Diagnostic[] {
  const addresses = ({ listeners }: { listeners: readonly CompiledListener[] }) =>
    JSON.stringify(listeners.map(({ name, address }) => [name, address]));
  const faults: [string, string][] = [];
  if (addresses(before.globals) !== addresses(after.globals))
    faults.push(['listeners', 'the names and addresses of listeners']);
  const fixed = ({ acceptors, memory }: CompileSuccess['settings']['runtime']) => JSON.stringify([acceptors, memory]);
  if (fixed(before.settings.runtime) !== fixed(after.settings.runtime))
    faults.push(['runtime', 'acceptors and memory']);
  if (JSON.stringify(before.settings.admin) !== JSON.stringify(after.settings.admin))
    faults.push(['admin', 'the admin address and token']);
  return faults.map(([section, what]) =>
    diagnosticAt(
      { file, line: 1, column: 1 },
      [section],
      `${what} cannot change while the gateway runs, expected a restart`,
    ),
  );
}

function lines(diagnostics: readonly Diagnostic[]): string {
  return diagnostics.map(formatDiagnostic).join('\n');
}

function report(message: string): void {
  process.stderr.write(`penstock: ${message.trimEnd()}\n`);
}
