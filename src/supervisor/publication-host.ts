/** What a publication works with, and what it tells of a change. */
import type { Generation, SeriesId } from '../brand.ts';
import type { LogLevel } from '../config/schema/log-level.ts';
import type { SeriesName } from '../config/series.ts';
import type { CompilePool } from '../offload/compile-pool.ts';
import type { SharedMemory } from '../shared-memory/shared-memory.ts';
import type { CanaryStatus } from './canary/canary.ts';
import type { ConfigSource } from './config-source.ts';
import type { Fleet } from './fleet.ts';
import type { ConfigSnapshot } from './history/config-snapshot.ts';
import type { History } from './history/history.ts';
import type { Publisher } from './publisher.ts';

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
  /** What the canary showed; null: there was none, or it did not come to one. */
  readonly evidence: CanaryStatus | null;
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
