/**
 * Process 0: never carries a request. It owns the sockets and the memory, so that no acceptor's death can take them along.
 *
 *   start     compile -> memory -> listen -> publish -> admin -> fork acceptors
 *   reload    compile -> publish into the idle half -> announce -> every acceptor acknowledges   (SIGHUP)
 *   roll      fork a successor, wait until it accepts, drain the predecessor, next lane          (SIGUSR2)
 *   stop      close sockets, drain all acceptors                                                 (SIGTERM, SIGINT)
 */
import { randomBytes } from 'node:crypto';
import { availableParallelism } from 'node:os';
import type { AcceptorSlot, Millis } from '../brand.ts';
import { CompilePool } from '../offload/compile-pool.ts';
import type { CompileReply, CompileSuccess } from '../offload/protocol.ts';
import { EndpointTable } from '../shared-memory/endpoint-table.ts';
import { releaseFlights } from '../shared-memory/flight-table.ts';
import { clearGauges } from '../shared-memory/metrics-slab.ts';
import type { SharedMemory } from '../shared-memory/shared-memory.ts';
import type { AcceptorProcess } from './acceptor-process.ts';
import { AdminServer } from './admin/server.ts';
import { Fleet } from './fleet.ts';
import { createGatewayMemory } from './gateway-memory.ts';
import { HealthChecks } from './health/health-checks.ts';
import { KeySets } from './key-sets/key-sets.ts';
import {
  closeListeningSockets,
  type ListeningSockets,
  openListeningSockets,
  whyNotListening,
} from './listening-sockets.ts';
import { Observation } from './observation.ts';
import { Publisher } from './publisher.ts';
import { Recordings } from './recordings/recordings.ts';
import { linesOf, listenersChanged, restartNeeded } from './reload.ts';
import { Sequence } from './sequence.ts';
import { StartError } from './start-error.ts';

const NO_LIMIT = 0x7fffffff as Millis;

/** A running gateway. */
export class Supervisor {
  readonly configPath: string;
  readonly viaPseudonym = `penstock-${randomBytes(4).toString('hex')}`;
  readonly startedAt = new Date();
  readonly memory: SharedMemory;
  readonly publisher: Publisher;
  readonly fleet: Fleet;
  readonly keySets: KeySets;
  readonly recordings: Recordings;
  readonly sockets: readonly ListeningSockets[];
  readonly endpoints: EndpointTable;
  readonly #health: HealthChecks;
  /** The newest config that is in force, as the supervisor itself goes by it. */
  compiled: CompileSuccess;
  /** What was wrong with the last config that was refused; null when the newest was taken. */
  lastRefusal: { readonly at: Date; readonly message: string } | null = null;
  publishedAt = new Date();
  /** Where the admin API answers; null: nowhere. */
  adminUrl: string | null = null;
  #admin: AdminServer | null = null;
  readonly #pool: CompilePool;
  /** Reloads run one after the other, and so do replacements; a reload does not wait for a replacement. */
  readonly #reloads = new Sequence();
  readonly #rolls = new Sequence();
  #stopping = false;

  private constructor(configPath: string, pool: CompilePool, compiled: CompileSuccess) {
    this.configPath = configPath;
    this.#pool = pool;
    this.compiled = compiled;
    const { runtime } = compiled.settings;
    const lanes = runtime.acceptors === 'auto' ? availableParallelism() : runtime.acceptors;
    const { capacity } = compiled.series;
    this.memory = createGatewayMemory(compiled, 2 * lanes);
    this.endpoints = new EndpointTable(this.memory.endpoints, 2 * lanes);
    this.#health = new HealthChecks(this.endpoints, reportHealth);
    this.sockets = openListeningSockets(compiled.globals.listeners, lanes);
    this.publisher = new Publisher(this.memory, compiled);
    this.fleet = new Fleet(this.memory, this.sockets, lanes, this.viaPseudonym, (slot) => this.#reap(slot, capacity));
    this.recordings = new Recordings(this.viaPseudonym, () => this.fleet.acceptors, report);
    this.keySets = new KeySets({
      onKeys: ({ options, keys }) => {
        for (const acceptor of this.fleet.acceptors) acceptor.giveKeySet(options.url, keys);
      },
      onReport: report,
    });
  }

  /**
   * Starts a gateway; resolves when every acceptor accepts connections.
   *
   * @throws StartError with everything that is wrong with the config, or why it could not listen or serve; nothing of the
   *   gateway is left then
   */
  static async start(configPath: string): Promise<Supervisor> {
    const pool = new CompilePool();
    let supervisor: Supervisor | null = null;
    try {
      const compiled = await pool.compile({
        path: configPath,
        environment: { ...process.env },
        series: null,
        endpointRows: null,
        roomBytes: null,
      });
      if (!compiled.ok) throw new StartError(linesOf(compiled.diagnostics));
      warn(compiled);
      supervisor = new Supervisor(configPath, pool, compiled);
      await supervisor.#begin();
      return supervisor;
    } catch (error) {
      if (supervisor !== null) await supervisor.#abandon();
      await pool.close();
      throw error;
    }
  }

  async #begin(): Promise<void> {
    this.publisher.publish(this.compiled);
    this.#health.update(this.compiled.globals.upstreams);
    await this.#openAdmin();
    void this.keySets.use(this.compiled.globals.keySets);
    this.fleet.on('unknownKey', (url, kid) => this.keySets.onUnknownKey(url, kid));
    this.fleet.on('spawned', (acceptor) => {
      for (const { options, keys } of this.keySets.settled) acceptor.giveKeySet(options.url, keys);
      this.recordings.join(acceptor);
    });
    this.fleet.on('recorded', (acceptor, batch) => this.recordings.hear(acceptor, batch));
    this.fleet.on('exit', (acceptor) => this.recordings.leave(acceptor));
    this.fleet.start();
    await this.#allServing();
    this.fleet.on('died', ({ pid }, how, failure, backoff) => {
      const when = backoff === 0 ? 'another takes its place' : `another takes its place in ${backoff} ms`;
      report(`acceptor ${pid} ended (${how}); ${when}. ${failure ?? ''}`);
    });
    this.fleet.on('hung', ({ pid, heartbeat }) =>
      report(`acceptor ${pid} has stood still for ${heartbeat.ageMs / 1000} s and is killed`),
    );
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
      this.adminUrl = 'unix' in address ? `unix:${address.unix}` : `http://${shownHost(address.host)}:${port}`;
    } catch (error) {
      throw new StartError(`The admin API cannot listen on ${whyNotListening(address, error)}.`);
    }
  }

  /** An acceptor that ends before all have served would not do better the next time: give up and say why. */
  async #allServing(): Promise<void> {
    const deaths: string[] = [];
    const onExit = (_acceptor: AcceptorProcess, how: string, failure: string | null) => deaths.push(failure ?? how);
    this.fleet.on('exit', onExit);
    while (deaths.length === 0 && this.fleet.acceptors.some(({ isServing }) => !isServing)) await this.fleet.changed();
    this.fleet.off('exit', onExit);
    if (deaths.length > 0) throw new StartError(`The acceptors cannot start: ${deaths[0]}`);
  }

  async #abandon(): Promise<void> {
    this.#health.stop();
    this.fleet.kill();
    this.keySets.close();
    closeListeningSockets(this.sockets);
    await this.#admin?.close();
  }

  /** Reads the config again and publishes it; one that is not valid changes nothing. Resolves to whether it was taken. */
  reload(): Promise<boolean> {
    return this.#reloads.run(async () => {
      await this.publisher.settled(this.fleet);
      if (this.#stopping) return false;
      const reply = await this.#compile();
      if (reply === null) return false;
      const diagnostics = reply.ok ? restartNeeded(this.compiled, reply, this.configPath) : reply.diagnostics;
      if (!reply.ok || diagnostics.length > 0) {
        this.#refuse(linesOf(diagnostics));
        return false;
      }
      await this.#publish(reply);
      return true;
    });
  }

  /** Null when there was no answer, which `#refuse` has then dealt with. */
  async #compile(): Promise<CompileReply | null> {
    try {
      return await this.publisher.compile(this.#pool, this.configPath);
    } catch (error) {
      // The thread died, of a config too large for its heap, say; or the gateway is stopping.
      if (!this.#stopping) this.#refuse(`${this.configPath}: the config could not be compiled: ${error}`);
      return null;
    }
  }

  #refuse(message: string): void {
    this.lastRefusal = { at: new Date(), message };
    report(`the config was not taken; generation ${this.publisher.generation} goes on.\n${message}`);
  }

  async #publish(compiled: CompileSuccess): Promise<void> {
    const rollNeeded = listenersChanged(this.compiled, compiled);
    warn(compiled);
    this.compiled = compiled;
    this.lastRefusal = null;
    this.publishedAt = new Date();
    // Keys are with the acceptors before the routes that want them.
    await this.keySets.use(compiled.globals.keySets);
    const generation = this.publisher.publish(compiled);
    this.#health.update(compiled.globals.upstreams);
    this.fleet.announce(generation);
    await this.publisher.settled(this.fleet);
    if (this.#stopping) return;
    report(`generation ${generation} is live: ${compiled.routes} routes`);
    // A listener's app is built once for a process: its settings arrive with the acceptor's successor.
    if (rollNeeded) void this.roll();
  }

  /** Replaces every acceptor by a new process without losing a request. Resolves to whether all were. */
  roll(): Promise<boolean> {
    return this.#rolls.run(async () => {
      try {
        await this.fleet.roll(this.drainLimit);
        if (!this.#stopping) report('every acceptor is a new process');
        return true;
      } catch (error) {
        report(`an acceptor could not be replaced; the old ones go on. ${(error as Error).message}`);
        return false;
      }
    });
  }

  /** Refuses new connections, lets exchanges end, and resolves when every process is gone. A second call ends them at once. */
  async stop(): Promise<void> {
    if (this.#stopping) {
      this.fleet.kill();
      return;
    }
    this.#stopping = true;
    this.recordings.stopAll();
    const stopped = this.fleet.stop(this.drainLimit);
    this.keySets.close();
    this.#health.stop();
    closeListeningSockets(this.sockets);
    await stopped;
    await this.#admin?.close();
    await this.#pool.close();
  }

  get drainLimit(): Millis {
    const limit = this.compiled.settings.runtime.drainTimeout;
    return (limit === 0 ? NO_LIMIT : limit) as Millis;
  }

  #reap(slot: AcceptorSlot, series: number): void {
    this.memory.control.reap(slot);
    clearGauges(this.memory.slab(slot), series);
    releaseFlights(this.memory.flights, this.memory.plan.slots, slot);
    this.endpoints.reap(slot);
  }
}

function shownHost(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

function warn({ diagnostics }: CompileSuccess): void {
  if (diagnostics.length > 0) process.stderr.write(`${linesOf(diagnostics)}\n`);
}

function reportHealth(upstream: string, endpoint: string, isHealthy: boolean, why: string): void {
  report(`endpoint ${endpoint} of upstream ${upstream} is ${isHealthy ? 'healthy again' : 'unhealthy'}: ${why}`);
}

function report(message: string): void {
  process.stderr.write(`penstock: ${message.trimEnd()}\n`);
}
