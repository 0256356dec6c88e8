/**
 * Which snapshot is live, and every way to change that: a reload of the source, a rollback, a canary that is promoted. Changes
 * are carried out one after the other, and each becomes an entry of the history, whatever comes of it.
 */
import type { Generation } from '../brand.ts';
import { Canary, type CanaryOptions, type CanaryStatus } from './canary/canary.ts';
import type { NamedSnapshot } from './drift.ts';
import type { ConfigSnapshot } from './history/config-snapshot.ts';
import { type Cause, type HistoryEvent, isLive } from './history/history-entry.ts';
import type { ChangeOutcome, PublicationHost } from './publication-host.ts';
import { linesOf, listenersChanged, restartNeeded } from './reload.ts';
import { Sequence } from './sequence.ts';
import { type ReadingWish, SourceReader } from './source/source-reader.ts';

export interface Refusal {
  readonly at: Date;
  readonly message: string;
  /** Of what was refused: a commit; null: it has none, or could not be had. */
  readonly label: string | null;
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
  /** Id of what was tried out last and given up; null: nothing since another went live. */
  abortedId: string | null = null;
  publishedAt = new Date();
  /** Why the newest text was not taken; null when it was. */
  lastRefusal: Refusal | null = null;
  /** Configs not taken, and configs taken, since the start. */
  refusals = 0;
  changes = 0;
  readonly #host: PublicationHost;
  readonly #reader: SourceReader;
  readonly #sequence = new Sequence();

  /**
   * @param first what the gateway starts with
   * @param refusal why that is not what the source says; null: it is
   */
  constructor(host: PublicationHost, first: ConfigSnapshot, refusal: string | null) {
    this.#host = host;
    this.live = first;
    this.#reader = new SourceReader(host, refusal === null ? first : null);
    const { label, unreachable } = host.source.state;
    if (refusal !== null)
      this.lastRefusal = { at: new Date(), message: refusal, label: unreachable === null ? label : null };
  }

  /** What the source said when it was last read: another than the live one is drift. Null: it could not be used. */
  get said(): NamedSnapshot | null {
    return this.#reader.said;
  }

  /** Publishes the first snapshot, before there are acceptors. */
  begin(cause: Cause): void {
    const { publisher } = this.#host;
    publisher.publish(this.live.image);
    this.#record('published', this.live, cause, null);
    this.#host.source.isLive(this.live.label);
    this.#host.onLive(this.live);
  }

  /**
   * Reads the source again and publishes what is there; what is not valid changes nothing. When it is read because it has changed,
   * and not because somebody asked, only another config is published: one that was rolled back stays so.
   *
   * @param tellsRefusal false: nobody is told why it was not taken, because whoever asks will ask again
   */
  reload(cause: Cause, tellsRefusal = true): Promise<ChangeOutcome> {
    return this.#next(async (asked) => {
      const snapshot = await this.#read(cause, { onlyNew: isByItself(cause), tellsRefusal });
      return snapshot === null ? this.#notTaken(null) : this.#publish(snapshot, { event: 'published', cause, asked });
    }, isByItself(cause));
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
      const snapshot = await this.#read(cause, { onlyNew: false, tellsRefusal: true });
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
      if (isGood)
        return this.#makeLive(snapshot, publisher.promote(), { event: 'canary-promoted', cause, evidence, asked });
      publisher.discard();
      this.abortedId = snapshot.id;
      fleet.announce(publisher.generation);
      await this.#host.prepare([this.live]);
      await publisher.settled(fleet);
      this.#record('canary-aborted', snapshot, cause, evidence);
      this.#host.report(
        `the canary ${nameOf(snapshot)} was given up; generation ${publisher.generation} goes on. ${evidence.reason}`,
        'error',
      );
      return { ...this.#refused(evidence.reason!), id: snapshot.id, evidence };
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

  /**
   * A change that waits for its turn.
   *
   * @param task is told when the change was asked for; must not reject
   * @param isPatient whether it waits for a trial to end too: nobody has asked for it
   */
  #next(task: (asked: number) => Promise<ChangeOutcome>, isPatient = false): Promise<ChangeOutcome> {
    const asked = performance.now();
    if (!isPatient) this.canary?.abort('another change was asked for');
    return this.#sequence.run(() => task(asked));
  }

  /** Who or what made the live snapshot live; null: the history does not know. */
  get publishedBy(): Cause | null {
    return this.#host.history.entries.findLast(({ event, id }) => isLive(event) && id === this.live.id)?.cause ?? null;
  }

  /** Id of the snapshot that was live before the one that is; null: none is known. */
  get previous(): string | null {
    const before = this.#host.history.entries.findLast(({ event, id }) => isLive(event) && id !== this.live.id);
    return before?.id ?? null;
  }

  /** Null when there is nothing to be made live. What cannot be taken has been said and written down then. */
  async #read(cause: Cause, wanted: ReadingWish): Promise<ConfigSnapshot | null> {
    const { publisher, fleet } = this.#host;
    await publisher.settled(fleet);
    if (this.#host.isStopping) return null;
    const reading = await this.#reader.read(this.live, wanted);
    if (reading.kind === 'snapshot') return reading.snapshot;
    if (reading.kind === 'unchanged') this.#unchanged(reading);
    else if (wanted.tellsRefusal && !this.#host.isStopping) this.#refuse(reading.message, reading.label, cause);
    return null;
  }

  /** The newest commit that says what runs is what it is called by: who waits for a commit sees it come. */
  #unchanged({ isTaken, label }: { isTaken: boolean; label: string | null }): void {
    if (isTaken) this.lastRefusal = null;
    if (label !== null) {
      this.live = { ...this.live, label };
      this.#host.source.isLive(label);
    }
    const { publisher } = this.#host;
    this.#host.report(
      `the source says what it said before; generation ${publisher.generation} goes on (${nameOf(this.live)})`,
    );
  }

  async #publish(snapshot: ConfigSnapshot, change: Omit<Change, 'evidence'>): Promise<ChangeOutcome> {
    const { publisher, fleet } = this.#host;
    await publisher.settled(fleet);
    if (this.#host.isStopping) return this.#notTaken(snapshot.id);
    const problem = await this.#host.prepare([snapshot]);
    if (problem !== null) {
      this.#reader.notTaken();
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
    return { taken: true, generation, id: snapshot.id, message: null, liveAfterMs, evidence: change.evidence };
  }

  #nowLive(snapshot: ConfigSnapshot): void {
    this.live = snapshot;
    this.publishedAt = new Date();
    this.lastRefusal = null;
    this.abortedId = null;
    this.#host.source.isLive(snapshot.label);
    this.changes++;
    this.#host.onLive(snapshot);
  }

  #refuse(message: string, label: string | null, cause: Cause): void {
    this.lastRefusal = { at: new Date(), message, label };
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
    return { ...this.#refused(message), id };
  }

  #refused(message: string): ChangeOutcome {
    const { generation } = this.#host.publisher;
    return { taken: false, generation, id: null, message, liveAfterMs: null, evidence: null };
  }
}

/** Nobody asked for it: the source has changed. */
function isByItself({ kind }: Cause): boolean {
  return kind === 'watch' || kind === 'git';
}

function nameOf({ id, label }: ConfigSnapshot): string {
  return label === null ? id : `${id}, ${label}`;
}
