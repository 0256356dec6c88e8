/**
 * Which snapshot is live, and every way to change that: a reload of the source, a rollback, a canary that is promoted. Changes
 * are carried out one after the other, and each becomes an entry of the history, whatever comes of it.
 */
import type { Generation, SeriesId } from '../brand.ts';
import type { Diagnostic } from '../config/diagnostics.ts';
import type { LogLevel } from '../config/schema/log-level.ts';
import type { SeriesName } from '../config/series.ts';
import type { CompilePool } from '../offload/compile-pool.ts';
import type { CompileSuccess } from '../offload/protocol.ts';
import type { SharedMemory } from '../shared-memory/shared-memory.ts';
import { Canary, type CanaryOptions, type CanaryStatus } from './canary/canary.ts';
import type { ConfigSource, FetchedConfig } from './config-source.ts';
import type { Fleet } from './fleet.ts';
import { type ConfigSnapshot, snapshotOf } from './history/config-snapshot.ts';
import type { History } from './history/history.ts';
import { type Cause, type HistoryEvent, isLive } from './history/history-entry.ts';
import type { Publisher } from './publisher.ts';
import { linesOf, listenersChanged, restartNeeded } from './reload.ts';
import { Sequence } from './sequence.ts';

/** What came of a change. */
export interface ChangeOutcome {
  readonly taken: boolean;
  /** The generation that is live now. */
  readonly generation: Generation;
  /** Of the snapshot that was to be taken; null: it did not come to one. */
  readonly id: string | null;
  /** Why it was not taken, a diagnostic a line; null when it was. */
  readonly message: string | null;
  /** From the wish to the last acceptor's acknowledgement; null when it was not taken. */
  readonly liveAfterMs: number | null;
}

/** What the rest of the supervisor does about a snapshot. */
export interface PublicationHost {
  readonly pool: CompilePool;
  readonly publisher: Publisher;
  readonly fleet: Fleet;
  readonly history: History;
  readonly source: ConfigSource;
  readonly memory: SharedMemory;
  readonly isStopping: boolean;
  nameOf(series: SeriesId): SeriesName | null;
  /**
   * Before acceptors are told of it: what a snapshot names must be there when its first request comes. Two are in use in a canary.
   * Resolves to why it cannot be served, or to null.
   */
  prepare(snapshots: readonly ConfigSnapshot[]): Promise<string | null>;
  /** Once it is the newest generation, before all acceptors have acknowledged it. */
  onLive(snapshot: ConfigSnapshot): void;
  /** The settings of a listener have changed: they arrive with new processes. */
  replaceAcceptors(): void;
  report(message: string, level?: LogLevel): void;
}

interface Change {
  readonly event: HistoryEvent;
  readonly cause: Cause;
  readonly evidence: CanaryStatus | null;
  /** When it was wished for, on the monotonic clock. */
  readonly asked: number;
}

export class Publication {
  live: ConfigSnapshot;
  /** On trial; null: nothing. */
  canary: Canary | null = null;
  /** How the last trial ended; null: there was none. */
  lastCanary: CanaryStatus | null = null;
  publishedAt = new Date();
  /** Why the newest text was not taken; null when it was. */
  lastRefusal: { readonly at: Date; readonly message: string } | null = null;
  /** Configs not taken, and configs taken, since the start. */
  refusals = 0;
  changes = 0;
  /** Id of what the source said when it was last compiled: other than the live one, there is drift. */
  sourceId: string | null;
  readonly #host: PublicationHost;
  readonly #sequence = new Sequence();

  /** @param first what the gateway starts with */
  constructor(host: PublicationHost, first: ConfigSnapshot, sourceId: string | null) {
    this.#host = host;
    this.live = first;
    this.sourceId = sourceId;
  }

  /** Publishes the first snapshot, before there are acceptors. */
  begin(cause: Cause): void {
    const { publisher } = this.#host;
    publisher.publish(this.live.image);
    this.#record('published', this.live, cause, null);
    this.#host.onLive(this.live);
  }

  /**
   * Reads the source again and publishes what is there; what is not valid changes nothing.
   *
   * @param tellsRefusal false: nobody is told why it was not taken, because whoever asks will ask again
   */
  reload(cause: Cause, tellsRefusal = true): Promise<ChangeOutcome> {
    return this.#next(async (asked) => {
      const snapshot = await this.#compile(cause, tellsRefusal);
      return snapshot === null ? this.#notTaken(null) : this.#publish(snapshot, { event: 'published', cause, asked });
    });
  }

  /** Publishes a snapshot of the history again. @param id null: the one that was live before this one */
  rollback(id: string | null, cause: Cause): Promise<ChangeOutcome> {
    return this.#next(async (asked) => {
      const wanted = id ?? this.previous;
      if (wanted === null) return this.#refused('there is no earlier snapshot to go back to');
      try {
        const snapshot = await this.#host.history.load(wanted);
        const diagnostics = restartNeeded(this.live, snapshot, wanted);
        if (diagnostics.length > 0) return this.#refused(linesOf(diagnostics));
        return await this.#publish(snapshot, { event: 'rolled-back', cause, asked });
      } catch (error) {
        return this.#refused((error as Error).message);
      }
    });
  }

  /**
   * Reads the source again and puts what is there on trial: see `canary/`. Resolves when it is promoted or given up.
   * A change that is asked for meanwhile ends the trial.
   */
  tryOut(options: CanaryOptions, cause: Cause): Promise<ChangeOutcome> {
    return this.#next(async (asked) => {
      const snapshot = await this.#compile(cause);
      if (snapshot === null) return this.#notTaken(null);
      const obstacle = this.#whyNoCanary(snapshot, options);
      if (obstacle !== null) return this.#refused(obstacle);
      const { publisher, fleet } = this.#host;
      const problem = await this.#host.prepare([this.live, snapshot]);
      if (problem !== null) return this.#refused(problem);
      this.canary = new Canary(this.#host, publisher.stage(snapshot.image), options);
      this.#record('canary-begun', snapshot, cause, null);
      const isGood = await this.canary.run();
      const evidence = this.canary.status;
      this.canary = null;
      this.lastCanary = evidence;
      if (isGood)
        return this.#makeLive(snapshot, publisher.promote(), { event: 'canary-promoted', cause, evidence, asked });
      publisher.discard();
      fleet.announce(publisher.generation);
      await this.#host.prepare([this.live]);
      await publisher.settled(fleet);
      this.#record('canary-aborted', snapshot, cause, evidence);
      this.#host.report(
        `the canary ${nameOf(snapshot)} was given up; generation ${publisher.generation} goes on. ${evidence.reason}`,
        'error',
      );
      return { ...this.#refused(evidence.reason!), id: snapshot.id };
    });
  }

  #whyNoCanary(snapshot: ConfigSnapshot, { acceptors }: CanaryOptions): string | null {
    const { fleet } = this.#host;
    if (acceptors >= fleet.acceptors.filter(({ isDraining }) => !isDraining).length)
      return `a canary on ${acceptors} acceptors leaves none to compare it with, expected fewer than there are`;
    if (listenersChanged(this.live, snapshot))
      return 'the settings of a listener change, which arrive with new processes: they cannot be tried out on some';
    return null;
  }

  /** A change that waits for its turn. @param task is told when the change was asked for; must not reject */
  #next(task: (asked: number) => Promise<ChangeOutcome>): Promise<ChangeOutcome> {
    const asked = performance.now();
    this.canary?.abort('another change was asked for');
    return this.#sequence.run(() => task(asked));
  }

  /** Id of the snapshot that was live before the one that is; null: none is known. */
  get previous(): string | null {
    const before = this.#host.history.entries.findLast(({ event, id }) => isLive(event) && id !== this.live.id);
    return before?.id ?? null;
  }

  /** Null when it cannot be taken, which has been said and written down then. */
  async #compile(cause: Cause, tellsRefusal = true): Promise<ConfigSnapshot | null> {
    const { source, publisher, fleet, pool } = this.#host;
    await publisher.settled(fleet);
    if (this.#host.isStopping) return null;
    let fetched: FetchedConfig;
    try {
      fetched = await source.fetch();
    } catch (error) {
      this.#refuse(`${source.description}: ${(error as Error).message}`, null, cause);
      return null;
    }
    try {
      const reply = await publisher.compile(pool, fetched.path);
      if (!reply.ok) {
        if (tellsRefusal) this.#refuse(linesOf(reply.diagnostics), fetched.label, cause);
        return null;
      }
      return this.#accept(reply, fetched, cause);
    } catch (error) {
      // The thread died, of a config too large for its heap, say; or the gateway is stopping.
      if (!this.#host.isStopping)
        this.#refuse(`${fetched.path}: the config could not be compiled: ${error}`, fetched.label, cause);
      return null;
    }
  }

  #accept(compiled: CompileSuccess, fetched: FetchedConfig, cause: Cause): ConfigSnapshot | null {
    const { history, publisher, source } = this.#host;
    const snapshot = snapshotOf(compiled, fetched.label, source.description, history);
    const diagnostics: readonly Diagnostic[] = restartNeeded(this.live, snapshot, fetched.path);
    if (diagnostics.length > 0) {
      this.#refuse(linesOf(diagnostics), fetched.label, cause);
      return null;
    }
    if (compiled.diagnostics.length > 0) this.#host.report(linesOf(compiled.diagnostics), 'warn');
    publisher.continueFrom(compiled);
    this.sourceId = snapshot.id;
    return snapshot;
  }

  async #publish(snapshot: ConfigSnapshot, change: Omit<Change, 'evidence'>): Promise<ChangeOutcome> {
    const { publisher, fleet } = this.#host;
    await publisher.settled(fleet);
    if (this.#host.isStopping) return this.#notTaken(snapshot.id);
    const problem = await this.#host.prepare([snapshot]);
    if (problem !== null) {
      this.#refuse(problem, snapshot.label, change.cause);
      return this.#notTaken(snapshot.id);
    }
    return this.#makeLive(snapshot, publisher.publish(snapshot.image), { ...change, evidence: null });
  }

  /** What follows once a snapshot is the newest generation. */
  async #makeLive(snapshot: ConfigSnapshot, generation: Generation, change: Change): Promise<ChangeOutcome> {
    const { publisher, fleet } = this.#host;
    const rollNeeded = listenersChanged(this.live, snapshot);
    this.#nowLive(snapshot);
    fleet.announce(generation);
    await publisher.settled(fleet);
    const liveAfterMs = performance.now() - change.asked;
    this.#record(change.event, snapshot, change.cause, change.evidence);
    if (!this.#host.isStopping) {
      const seconds = (liveAfterMs / 1000).toFixed(2);
      this.#host.report(
        `generation ${generation} is live: ${snapshot.routes} routes, ${seconds} s after it was asked for (${nameOf(snapshot)})`,
      );
      // A listener's app is built once for a process: its settings arrive with the acceptor's successor.
      if (rollNeeded) this.#host.replaceAcceptors();
    }
    return { taken: true, generation, id: snapshot.id, message: null, liveAfterMs };
  }

  #nowLive(snapshot: ConfigSnapshot): void {
    this.live = snapshot;
    this.publishedAt = new Date();
    this.lastRefusal = null;
    this.changes++;
    this.#host.onLive(snapshot);
  }

  #refuse(message: string, label: string | null, cause: Cause): void {
    this.lastRefusal = { at: new Date(), message };
    this.refusals++;
    const { history, source, publisher } = this.#host;
    const entry = {
      event: 'refused',
      id: null,
      label,
      source: source.description,
      generation: null,
      routes: null,
    } as const;
    history.add({ ...entry, cause, message, evidence: null }, null);
    this.#host.report(`the config was not taken; generation ${publisher.generation} goes on.\n${message}`, 'error');
  }

  #record(event: HistoryEvent, snapshot: ConfigSnapshot, cause: Cause, evidence: CanaryStatus | null): void {
    const { history, publisher } = this.#host;
    const { id, label, source, routes } = snapshot;
    const entry = { event, id, label, source, routes, cause, evidence, message: evidence?.reason ?? null };
    const numbered = { ...entry, generation: isLive(event) ? publisher.generation : null };
    history.add(numbered, isLive(event) ? { ...snapshot, numbering: publisher.numbering } : null);
  }

  #notTaken(id: string | null): ChangeOutcome {
    const message = this.lastRefusal?.message ?? 'the gateway is stopping';
    return { taken: false, generation: this.#host.publisher.generation, id, message, liveAfterMs: null };
  }

  #refused(message: string): ChangeOutcome {
    return { taken: false, generation: this.#host.publisher.generation, id: null, message, liveAfterMs: null };
  }
}

function nameOf({ id, label }: ConfigSnapshot): string {
  return label === null ? id : `${id}, ${label}`;
}
