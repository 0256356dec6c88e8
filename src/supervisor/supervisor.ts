/**
 * Process 0: never carries a request. It owns the sockets and the memory, so that no acceptor's death can take them along.
 *
 *   start     fetch, compile -> memory -> listen -> publish -> admin -> fork acceptors
 *   change    compile, or load -> publish into the idle half -> announce -> every acceptor acknowledges   (publication.ts)
 *   roll      fork a successor, wait until it accepts, drain the predecessor, next lane          (SIGUSR2)
 *   stop      close sockets, drain all acceptors                                                 (SIGTERM, SIGINT)
 */
import { randomBytes } from 'node:crypto';
import { availableParallelism } from 'node:os';
import type { AcceptorSlot, Millis, SeriesId } from '../brand.ts';
import type { LogLevel } from '../config/schema/log-level.ts';
import type { SeriesName } from '../config/series.ts';
import { CompilePool } from '../offload/compile-pool.ts';
import { EndpointTable } from '../shared-memory/endpoint-table.ts';
import { releaseFlights } from '../shared-memory/flight-table.ts';
import { clearGauges } from '../shared-memory/metrics-slab.ts';
import type { SharedMemory } from '../shared-memory/shared-memory.ts';
import { gatewayLog } from '../telemetry/gateway-log.ts';
import type { AcceptorProcess } from './acceptor-process.ts';
import { type OpenedAdmin, openAdmin } from './admin/open-admin.ts';
import { Certificates } from './certificates/certificates.ts';
import type { ConfigSource } from './config-source.ts';
import { type FirstSnapshot, firstSnapshot } from './first-snapshot.ts';
import { Fleet } from './fleet.ts';
import { createGatewayMemory } from './gateway-memory.ts';
import { HealthChecks } from './health/health-checks.ts';
import { reportHealth } from './health/report-health.ts';
import type { ConfigSnapshot } from './history/config-snapshot.ts';
import { History } from './history/history.ts';
import type { Cause } from './history/history-entry.ts';
import { KeySets } from './key-sets/key-sets.ts';
import { LeverBoard } from './levers/lever-board.ts';
import { closeListeningSockets, type ListeningSockets, openListeningSockets } from './listening-sockets.ts';
import { LogRotation } from './log-rotation.ts';
import { retire } from './orphans.ts';
import { Publication } from './publication.ts';
import type { ChangeOutcome, PublicationHost } from './publication-host.ts';
import { Publisher } from './publisher.ts';
import { Recordings } from './recordings/recordings.ts';
import { Sequence } from './sequence.ts';
import { StartError } from './start-error.ts';

const BY_CERTIFICATES: Cause = { kind: 'certificates', who: null, why: 'the file of an authority has changed' };
const NO_LIMIT = 0x7fffffff as Millis;

/** A running gateway. */
export class Supervisor implements PublicationHost {
  readonly source: ConfigSource;
  readonly viaPseudonym = `penstock-${randomBytes(4).toString('hex')}`;
  readonly startedAt = new Date();
  readonly memory: SharedMemory;
  readonly history: History;
  readonly publisher: Publisher;
  readonly publication: Publication;
  readonly fleet: Fleet;
  readonly keySets: KeySets;
  readonly recordings: Recordings;
  readonly certificates = new Certificates({
    give: (identities) => this.fleet.giveIdentities(identities),
    reload: async (tellsRefusal) => (await this.publication.reload(BY_CERTIFICATES, tellsRefusal)).taken,
    replaceAcceptors: () => void this.roll(),
    report: (message) => gatewayLog.info(message),
  });
  readonly sockets: readonly ListeningSockets[];
  readonly endpoints: EndpointTable;
  readonly pool: CompilePool;
  readonly levers: LeverBoard;
  readonly #health: HealthChecks;
  readonly #logRotation = new LogRotation(() => this.fleet.reopenLog());
  #admin: OpenedAdmin | null = null;
  readonly #rolls = new Sequence();
  #stopping = false;

  private constructor(source: ConfigSource, pool: CompilePool, history: History, first: FirstSnapshot) {
    this.source = source;
    this.pool = pool;
    this.history = history;
    const { snapshot, numbering, refusal } = first;
    const { runtime } = snapshot.settings;
    const lanes = runtime.acceptors === 'auto' ? availableParallelism() : runtime.acceptors;
    const { capacity } = numbering.series;
    this.memory = createGatewayMemory({ settings: snapshot.settings, ...numbering }, 2 * lanes);
    this.endpoints = new EndpointTable(this.memory.endpoints, 2 * lanes);
    this.#health = new HealthChecks(this.endpoints, reportHealth, Math.random, this.certificates.identities);
    this.sockets = openListeningSockets(snapshot.globals.listeners, lanes);
    this.publisher = new Publisher(this.memory, numbering);
    this.publication = new Publication(this, snapshot, refusal);
    this.fleet = new Fleet(this.memory, this.sockets, lanes, this.viaPseudonym, (slot) => this.#reap(slot, capacity));
    this.levers = new LeverBoard(history, this);
    this.recordings = new Recordings(
      this.viaPseudonym,
      () => this.fleet.acceptors,
      (message) => gatewayLog.info(message),
    );
    this.keySets = new KeySets({
      onKeys: ({ options, keys }) => {
        for (const acceptor of this.fleet.acceptors) acceptor.giveKeySet(options.url, keys);
      },
      onReport: (message) => gatewayLog.warn(message),
    });
  }

  /**
   * Starts a gateway; resolves when every acceptor accepts connections.
   *
   * @param stateFolder where its history is kept
   * @throws StartError with all that is wrong with the config, or why it could not listen or serve; nothing is left of it then
   */
  static async start(source: ConfigSource, stateFolder: string): Promise<Supervisor> {
    const pool = new CompilePool();
    let supervisor: Supervisor | null = null;
    try {
      const history = await History.open(stateFolder, (message) => gatewayLog.warn(message));
      const first = await firstSnapshot(pool, history, source, (lines) => gatewayLog.plain('warn', lines));
      if (first.refusal !== null)
        gatewayLog.warn(
          `the config was not taken; the last good one, ${first.snapshot.id}, is taken instead.\n${first.refusal}`,
        );
      supervisor = new Supervisor(source, pool, history, first);
      await supervisor.#begin();
      return supervisor;
    } catch (error) {
      if (supervisor !== null) await supervisor.#abandon();
      await pool.close();
      throw error;
    }
  }

  /** Where the admin API answers; null: nowhere. */
  get adminUrl(): string | null {
    return this.#admin?.url ?? null;
  }

  get isStopping(): boolean {
    return this.#stopping;
  }

  async #begin(): Promise<void> {
    const problem = await this.certificates.prepare(this.live.globals);
    if (problem !== null) throw new StartError(problem);
    this.publication.begin({ kind: 'start', who: null, why: null });
    this.#admin = await openAdmin(this);
    void this.keySets.use(this.live.globals.keySets);
    this.fleet.on('unknownKey', (url, kid) => this.keySets.onUnknownKey(url, kid));
    this.fleet.on('spawned', (acceptor) => {
      const identities = this.certificates.identities.all;
      if (identities.length > 0) void acceptor.giveIdentities(identities);
      for (const { options, keys } of this.keySets.settled) acceptor.giveKeySet(options.url, keys);
      this.recordings.join(acceptor);
    });
    this.fleet.on('recorded', (acceptor, batch) => this.recordings.hear(acceptor, batch));
    this.fleet.on('exit', (acceptor) => this.recordings.leave(acceptor));
    this.fleet.start();
    await this.#allServing();
    for (const { orphans } of this.sockets) retire(orphans);
    this.fleet.on('died', ({ pid }, how, failure, backoff) => {
      const when = backoff === 0 ? 'another takes its place' : `another takes its place in ${backoff} ms`;
      gatewayLog.error(`acceptor ${pid} ended (${how}); ${when}. ${failure ?? ''}`, { acceptor: pid, how, backoff });
    });
    this.source.watch({ onChange: (cause) => void this.reload(cause), report: (message) => gatewayLog.warn(message) });
    this.fleet.on('hung', ({ pid, heartbeat }) =>
      gatewayLog.error(`acceptor ${pid} has stood still for ${heartbeat.ageMs / 1000} s and is killed`, {
        acceptor: pid,
      }),
    );
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
    this.certificates.close();
    this.#logRotation.stop();
    this.source.close();
    this.fleet.kill();
    this.keySets.close();
    closeListeningSockets(this.sockets);
    await this.#admin?.server.close();
  }

  /** Reads the config again and publishes it; one that is not valid changes nothing. */
  reload(cause: Cause): Promise<ChangeOutcome> {
    return this.publication.reload(cause);
  }

  /** Replaces every acceptor by a new process without losing a request. Resolves to whether all were. */
  roll(): Promise<boolean> {
    return this.#rolls.run(async () => {
      try {
        await this.fleet.roll(this.drainLimit);
        if (!this.#stopping) gatewayLog.info('every acceptor is a new process');
        return true;
      } catch (error) {
        gatewayLog.error(`an acceptor could not be replaced; the old ones go on. ${(error as Error).message}`);
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
    this.publication.canary?.abort('the gateway is stopping');
    this.recordings.stopAll();
    const stopped = this.fleet.stop(this.drainLimit);
    this.keySets.close();
    this.#health.stop();
    this.certificates.close();
    this.#logRotation.stop();
    this.source.close();
    const leversWritten = this.levers.close();
    closeListeningSockets(this.sockets);
    await stopped;
    await this.#admin?.server.close();
    await this.history.written();
    await leversWritten;
    await this.pool.close();
  }

  /** The snapshot that is live. */
  get live(): ConfigSnapshot {
    return this.publication.live;
  }

  nameOf(series: SeriesId): SeriesName | null {
    return this.publisher.nameOf(series);
  }

  /** Keys and certificates are with the acceptors before the routes that want them. */
  async prepare(snapshots: readonly ConfigSnapshot[]): Promise<string | null> {
    for (const { globals } of snapshots) {
      const problem = await this.certificates.prepare(globals);
      if (problem !== null) return problem;
    }
    await this.keySets.use(snapshots.flatMap(({ globals }) => globals.keySets));
    return null;
  }

  onLive({ globals, settings }: ConfigSnapshot): void {
    this.history.limits = settings.runtime.history;
    gatewayLog.configure(globals.telemetry.log);
    this.#logRotation.use(globals.telemetry.accessLog);
    this.#health.update(globals.upstreams);
    this.certificates.use(globals);
  }

  replaceAcceptors(): void {
    void this.roll();
  }

  report(message: string, level: LogLevel = 'info'): void {
    gatewayLog[level](message);
  }

  get drainLimit(): Millis {
    const limit = this.live.settings.runtime.drainTimeout;
    return (limit === 0 ? NO_LIMIT : limit) as Millis;
  }

  #reap(slot: AcceptorSlot, series: number): void {
    this.memory.control.reap(slot);
    clearGauges(this.memory.slab(slot), series);
    releaseFlights(this.memory.flights, this.memory.plan.slots, slot);
    this.endpoints.reap(slot);
  }
}
