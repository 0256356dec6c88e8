import type { LogLevel } from '../../config/schema/log-level.ts';
import type { CompilePool } from '../../offload/compile-pool.ts';
import type { CompileSuccess } from '../../offload/protocol.ts';
import type { ConfigSource, FetchedConfig } from '../config-source.ts';
import type { NamedSnapshot } from '../drift.ts';
import { type ConfigSnapshot, snapshotOf } from '../history/config-snapshot.ts';
import type { History } from '../history/history.ts';
import type { Publisher } from '../publisher.ts';
import { linesOf, restartNeeded } from '../reload.ts';

/** What came of reading a source. */
export type Reading =
  | { readonly kind: 'snapshot'; readonly snapshot: ConfigSnapshot }
  /** It says what it said before, which could be taken or not. `label` is what its author calls what runs now; null: as before. */
  | { readonly kind: 'unchanged'; readonly isTaken: boolean; readonly label: string | null }
  | { readonly kind: 'refused'; readonly message: string; readonly label: string | null };

export interface ReaderPlace {
  readonly pool: CompilePool;
  readonly publisher: Publisher;
  readonly history: History;
  readonly source: ConfigSource;
  report(message: string, level?: LogLevel): void;
}

export interface ReadingWish {
  /** What the source has said before is left alone: what was rolled back stays so until it says something else. */
  readonly onlyNew: boolean;
  /** False: whoever asks will ask again, and what is refused meanwhile is no news. */
  readonly tellsRefusal: boolean;
}

/** Reads the source, compiles what it says for the memory in use, and remembers what that was. */
export class SourceReader {
  /** What the source said when it was last read; null: it could not be used. */
  said: NamedSnapshot | null;
  readonly #place: ReaderPlace;
  /** Id of what could be taken last. */
  #taken: string | null;
  /** Whether that was the last time it was compiled. */
  #isTaken: boolean;

  constructor(place: ReaderPlace, said: NamedSnapshot | null) {
    this.#place = place;
    this.said = said === null ? null : { id: said.id, label: said.label };
    this.#taken = said?.id ?? null;
    this.#isTaken = said !== null;
  }

  /** @param live what runs */
  async read(live: ConfigSnapshot, { onlyNew, tellsRefusal }: ReadingWish): Promise<Reading> {
    const { source, publisher, pool } = this.#place;
    let fetched: FetchedConfig;
    try {
      fetched = await source.fetch();
    } catch (error) {
      const { label, unreachable } = source.state;
      const message = `${source.description}: ${(error as Error).message}`;
      return { kind: 'refused', message, label: unreachable === null ? label : null };
    }
    const { path, label, root } = fetched;
    if (onlyNew && fetched.isUnchanged) return this.#unchanged(live, label);
    try {
      const reply = await publisher.compile(pool, path);
      source.compiledFrom(reply.inputs);
      this.#isTaken = false;
      if (reply.ok) return this.#accept(reply, fetched, live, onlyNew);
      if (tellsRefusal) this.said = null;
      return { kind: 'refused', message: linesOf(reply.diagnostics, root), label };
    } catch (error) {
      // The thread died, of a config too large for its heap, say; or the gateway is stopping.
      return { kind: 'refused', message: `${path}: the config could not be compiled: ${error}`, label };
    }
  }

  /** What was read last could be compiled, and yet not be served. */
  notTaken(): void {
    this.#taken = null;
    this.#isTaken = false;
  }

  #accept(
    compiled: CompileSuccess,
    { path, label, root }: FetchedConfig,
    live: ConfigSnapshot,
    onlyNew: boolean,
  ): Reading {
    const { history, publisher, source } = this.#place;
    const snapshot = snapshotOf(compiled, label, source.description, history);
    this.said = { id: snapshot.id, label };
    const obstacles = restartNeeded(live, snapshot, path);
    if (obstacles.length > 0) return { kind: 'refused', message: linesOf(obstacles, root), label };
    if (compiled.diagnostics.length > 0) this.#place.report(linesOf(compiled.diagnostics, root), 'warn');
    publisher.continueFrom(compiled);
    const isKnown = snapshot.id === this.#taken || snapshot.id === live.id;
    this.#taken = snapshot.id;
    this.#isTaken = true;
    return onlyNew && isKnown ? this.#unchanged(live, label) : { kind: 'snapshot', snapshot };
  }

  #unchanged(live: ConfigSnapshot, label: string | null): Reading {
    // What was refused still is: nobody need be told again.
    if (this.#isTaken) this.said = { id: this.#taken!, label };
    return {
      kind: 'unchanged',
      isTaken: this.#isTaken,
      label: this.#isTaken && live.id === this.#taken ? label : null,
    };
  }
}
