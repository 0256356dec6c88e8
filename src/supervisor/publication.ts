/**
 * Which snapshot is live, and every way to change that: a reload of the source, a rollback, a canary that is promoted. Changes
 * are carried out one after the other, and each becomes an entry of the history, whatever comes of it.
 */
import type { Generation } from '../brand.ts';
import type { Diagnostic } from '../config/diagnostics.ts';
import type { CompilePool } from '../offload/compile-pool.ts';
import type { CompileSuccess } from '../offload/protocol.ts';
import type { ConfigSource, FetchedConfig } from './config-source.ts';
import type { Fleet } from './fleet.ts';
import { type ConfigSnapshot, identify } from './history/config-snapshot.ts';
import type { History } from './history/history.ts';
import type { Cause, HistoryEntry, HistoryEvent } from './history/history-entry.ts';
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
  readonly isStopping: boolean;
  /** Before acceptors are told of it: what a snapshot names must be there when its first request comes. */
  prepare(snapshot: ConfigSnapshot): Promise<void>;
  /** Once it is the newest generation, before all acceptors have acknowledged it. */
  onLive(snapshot: ConfigSnapshot): void;
  /** The settings of a listener have changed: they arrive with new processes. */
  replaceAcceptors(): void;
  report(message: string): void;
}

export class Publication {
  live: ConfigSnapshot;
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
    this.#record('published', this.live, cause, null, true);
    this.#host.onLive(this.live);
  }

  /** Reads the source again and publishes what is there; what is not valid changes nothing. */
  reload(cause: Cause): Promise<ChangeOutcome> {
    const asked = performance.now();
    return this.#sequence.run(async () => {
      const snapshot = await this.#compile(cause);
      return snapshot === null ? this.#notTaken(null) : this.#publish(snapshot, 'published', cause, asked);
    });
  }

  /** Publishes a snapshot of the history again. @param id null: the one that was live before this one */
  rollback(id: string | null, cause: Cause): Promise<ChangeOutcome> {
    const asked = performance.now();
    return this.#sequence.run(async () => {
      const wanted = id ?? this.previous;
      if (wanted === null) return this.#refused('there is no earlier snapshot to go back to');
      try {
        const snapshot = await this.#host.history.load(wanted);
        const diagnostics = restartNeeded(this.live, snapshot, wanted);
        if (diagnostics.length > 0) return this.#refused(linesOf(diagnostics));
        return await this.#publish(snapshot, 'rolled-back', cause, asked);
      } catch (error) {
        return this.#refused((error as Error).message);
      }
    });
  }

  /** Id of the snapshot that was live before the one that is; null: none is known. */
  get previous(): string | null {
    const before = this.#host.history.entries.findLast(({ event, id }) => isLive(event) && id !== this.live.id);
    return before?.id ?? null;
  }

  /** Runs what must not happen while another change is under way. The task must not reject. */
  exclusively<T>(task: () => Promise<T>): Promise<T> {
    return this.#sequence.run(task);
  }

  /** Null when it cannot be taken, which has been said and written down then. Only within `exclusively`. */
  async #compile(cause: Cause): Promise<ConfigSnapshot | null> {
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
        this.#refuse(linesOf(reply.diagnostics), fetched.label, cause);
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
    if (compiled.diagnostics.length > 0) this.#host.report(linesOf(compiled.diagnostics));
    publisher.continueFrom(compiled);
    this.sourceId = snapshot.id;
    return snapshot;
  }

  async #publish(snapshot: ConfigSnapshot, event: HistoryEvent, cause: Cause, asked: number): Promise<ChangeOutcome> {
    const { publisher, fleet } = this.#host;
    await publisher.settled(fleet);
    if (this.#host.isStopping) return this.#notTaken(snapshot.id);
    await this.#host.prepare(snapshot);
    const rollNeeded = listenersChanged(this.live, snapshot);
    const generation = publisher.publish(snapshot.image);
    this.#nowLive(snapshot);
    fleet.announce(generation);
    await publisher.settled(fleet);
    const liveAfterMs = performance.now() - asked;
    this.#record(event, snapshot, cause, null, true);
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
    this.#host.report(`the config was not taken; generation ${publisher.generation} goes on.\n${message}`);
  }

  #record(event: HistoryEvent, snapshot: ConfigSnapshot, cause: Cause, evidence: object | null, isLive: boolean): void {
    const { history, publisher } = this.#host;
    const { id, label, source, routes } = snapshot;
    const entry: Omit<HistoryEntry, 'number' | 'at'> = {
      ...{ event, id, label, source, routes, cause, evidence },
      generation: publisher.generation,
      message: null,
    };
    history.add(entry, isLive ? { ...snapshot, numbering: publisher.numbering } : null);
  }

  #notTaken(id: string | null): ChangeOutcome {
    const message = this.lastRefusal?.message ?? 'the gateway is stopping';
    return { taken: false, generation: this.#host.publisher.generation, id, message, liveAfterMs: null };
  }

  #refused(message: string): ChangeOutcome {
    return { taken: false, generation: this.#host.publisher.generation, id: null, message, liveAfterMs: null };
  }
}

/** A compiled config as a snapshot of this gateway. */
export function snapshotOf(
  { image, globals, settings, routes, texts }: CompileSuccess,
  label: string | null,
  source: string,
  { key, lineage }: History,
): ConfigSnapshot {
  return { id: identify(key, { image, settings }), image, globals, settings, routes, texts, label, source, lineage };
}

function isLive(event: HistoryEvent): boolean {
  return event === 'published' || event === 'rolled-back' || event === 'canary-promoted';
}

function nameOf({ id, label }: ConfigSnapshot): string {
  return label === null ? id : `${id}, ${label}`;
}
