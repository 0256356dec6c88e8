/**
 * What was published, kept on disk, so that there is a way back and a gateway that is started with a broken config begins with
 * the last good one.
 *
 *   FOLDER/            for the gateway's user alone
 *     owner            process id of the gateway that writes here
 *     key              what ids are made with
 *     index.json       the entries, the numbering, and which snapshot was live last
 *     ID.snapshot      see snapshot-files.ts
 *
 * Nothing here may hold up a publish: what the disk refuses is reported, counted, and done without.
 */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Numbering } from '../publisher.ts';
import { Sequence } from '../sequence.ts';
import type { ConfigSnapshot } from './config-snapshot.ts';
import { takeOwnership } from './folder-owner.ts';
import type { HistoryEntry } from './history-entry.ts';
import { emptyIndex, type HistoryIndex, readIndex, withEntry, writeIndex } from './history-index.ts';
import { replaceFile, SnapshotFiles } from './snapshot-files.ts';

const KEY_BYTES = 32;

export interface HistoryLimits {
  /** Snapshots kept at most, the live one included. */
  readonly snapshots: number;
  readonly bytes: number;
}

export class History {
  readonly key: Uint8Array;
  /** How often the disk refused. */
  failures = 0;
  limits: HistoryLimits = { snapshots: 30, bytes: 1024 ** 3 };
  readonly folder: string;
  readonly #files: SnapshotFiles;
  /** Whether the folder is this gateway's to write to; null: not looked at yet. */
  #isOwn: boolean | null = null;
  readonly #onTrouble: (message: string) => void;
  readonly #writes = new Sequence();
  /** One that has not begun takes along what is added meanwhile. */
  #isWriteQueued = false;
  #index: HistoryIndex;
  /** The last two that were live: the way back that no disk can bar. */
  #recent: readonly ConfigSnapshot[] = [];
  /** What has yet to be written. What the disk refuses stays here while it is among the last two: there may be room later. */
  #unwritten: readonly ConfigSnapshot[] = [];

  private constructor(folder: string, key: Uint8Array, index: HistoryIndex, onTrouble: (message: string) => void) {
    this.folder = folder;
    this.#files = new SnapshotFiles(folder);
    this.key = key;
    this.#index = index;
    this.#onTrouble = onTrouble;
  }

  /**
   * Opens a history, or begins one. Nothing is written before there is something to keep.
   *
   * @param onTrouble told, in a sentence, whatever the disk refuses
   */
  static async open(folder: string, onTrouble: (message: string) => void): Promise<History> {
    const index = await readIndex(folder);
    const key = readKey(folder);
    const history = new History(folder, key ?? randomBytes(KEY_BYTES), index ?? emptyIndex(), onTrouble);
    if (index === null) history.#trouble('the history begins anew', new Error('its index.json cannot be read'));
    else if (key === null && index.entries.length > 0)
      history.#trouble(
        'the same config has another id from now on',
        new Error('the key of the history cannot be read'),
      );
    return history;
  }

  get entries(): readonly HistoryEntry[] {
    return this.#index.entries;
  }

  /** Id of the snapshot that was live last, in this gateway's life or the one before. */
  get live(): string | null {
    return this.#index.live;
  }

  /** Null: nothing was published with it yet. */
  get numbering(): Numbering | null {
    return this.#index.numbering;
  }

  get lineage(): string {
    return this.#index.lineage;
  }

  /** Begins another numbering: snapshots of before can be looked at, and no longer gone back to. */
  forgetNumbering(): void {
    this.#index = { ...this.#index, numbering: null, lineage: emptyIndex().lineage };
  }

  /** Adds an entry. @param live the snapshot that is live since, with the numbering in force; null: nothing has changed */
  add(entry: Omit<HistoryEntry, 'number' | 'at'>, live: (ConfigSnapshot & { numbering: Numbering }) | null): void {
    const { entries } = this.#index;
    const number = (entries.at(-1)?.number ?? 0) + 1;
    const added = { ...entry, number, at: new Date().toISOString() };
    this.#index = { ...this.#index, entries: withEntry(entries, added) };
    if (live !== null) {
      const { numbering, ...snapshot } = live;
      const { series, endpointRows } = numbering;
      this.#index = { ...this.#index, live: snapshot.id, numbering: { series, endpointRows } };
      this.#recent = [snapshot, ...this.#recent.filter(({ id }) => id !== snapshot.id)].slice(0, 2);
      this.#unwritten = [...this.#unwritten, snapshot];
    }
    if (this.#isWriteQueued) return;
    this.#isWriteQueued = true;
    void this.#writes.run(() => this.#write());
  }

  /** Resolves when what was added so far is on disk, or was refused. */
  written(): Promise<void> {
    return this.#writes.run(async () => {});
  }

  /** @throws Error in a sentence when it is not kept, or cannot be read */
  async load(id: string): Promise<ConfigSnapshot> {
    // A file that no entry tells of is what a gateway left that could write no index: its numbers are not those of this one.
    const isRecent = this.#recent.some((snapshot) => snapshot.id === id);
    if (!isRecent && !this.entries.some((entry) => entry.id === id))
      throw new Error(`the history knows no snapshot ${id}`);
    const found = await this.look(id);
    if (found.lineage === this.lineage) return found;
    throw new Error(
      `the snapshot ${id} was compiled for other sizes of runtime.memory, expected its files to be reloaded`,
    );
  }

  /**
   * Keeps a file beside the snapshots.
   *
   * @throws Error when the disk refuses, or the folder is another gateway's
   */
  async keep(name: string, content: string): Promise<void> {
    await this.written();
    if (this.#isOwn !== true) throw new Error(`nothing can be kept in ${this.folder}`);
    await replaceFile(join(this.folder, name), content);
  }

  /** As `load`, for a snapshot that is only looked at: it may be of another numbering. */
  async look(id: string): Promise<ConfigSnapshot> {
    const recent = this.#recent.find((snapshot) => snapshot.id === id);
    if (recent !== undefined) return recent;
    await this.written();
    try {
      return await this.#files.read(id);
    } catch (error) {
      throw new Error(`the snapshot ${id} cannot be read: ${(error as Error).message}`);
    }
  }

  /** Ids of what is kept. */
  async kept(): Promise<ReadonlySet<string>> {
    const ids = new Set(this.#recent.map(({ id }) => id));
    await this.written();
    for (const { id } of await this.#files.list().catch(() => [])) ids.add(id);
    return ids;
  }

  async #write(): Promise<void> {
    this.#isWriteQueued = false;
    if (this.#isOwn === false) {
      this.#unwritten = [];
      return;
    }
    try {
      if (this.#isOwn === null) await this.#begin();
      const known = new Set((await this.#files.list()).map(({ id }) => id));
      for (const snapshot of this.#unwritten) {
        if (!known.has(snapshot.id)) await this.#files.write(snapshot);
        this.#unwritten = this.#unwritten.filter((other) => other !== snapshot);
      }
      await writeIndex(this.folder, this.#index);
      await this.#removeOldest();
    } catch (error) {
      this.#unwritten = this.#unwritten.filter((snapshot) => this.#recent.includes(snapshot));
      this.#trouble('the history could not be written', error);
    }
  }

  /** @throws Error when the folder cannot be had: another gateway's, read-only, or the disk is full */
  async #begin(): Promise<void> {
    await this.#files.create();
    this.#isOwn = takeOwnership(this.folder);
    if (!this.#isOwn) throw new Error(`another gateway that runs keeps its own in ${this.folder}, expected --state`);
    await this.#files.clear();
    await replaceFile(join(this.folder, 'key'), Buffer.from(this.key).toString('hex'));
  }

  /** Keeps what was live most recently, as far as there is room. */
  async #removeOldest(): Promise<void> {
    const files = new Map((await this.#files.list()).map(({ id, bytes }) => [id, bytes]));
    const newestFirst = [this.live, ...this.entries.toReversed().map(({ id }) => id)].filter((id) => id !== null);
    let bytes = 0;
    let count = 0;
    for (const id of new Set([...newestFirst, ...files.keys()])) {
      const size = files.get(id);
      if (size === undefined) continue;
      bytes += size;
      count++;
      const isKept = id === this.live || (count <= this.limits.snapshots && bytes <= this.limits.bytes);
      if (!isKept) await this.#files.remove(id);
    }
  }

  #trouble(what: string, error: unknown): void {
    this.failures++;
    this.#onTrouble(`${what}: ${(error as Error).message}`);
  }
}

function readOr(path: string, otherwise: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return otherwise;
  }
}

function readKey(folder: string): Uint8Array | null {
  const key = Buffer.from(readOr(join(folder, 'key'), ''), 'hex');
  return key.length === KEY_BYTES ? key : null;
}
