/**
 * The embedded store that quotas are kept in: LMDB, which several processes may have open, with one writer at a time.
 *
 * It is written without waiting for the disk (`noSync`; with it a write took 340 us where it takes 10 us): whatever is written
 * outlives every process, but not a machine that loses its power.
 */
import {
  closeSync,
  fstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readSync,
  rmSync,
  type Stats,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { RootDatabase } from 'lmdb';

type Lmdb = typeof import('lmdb');

/** When a counter's window ends, and the digest of its name: what is over lies together. */
export type CounterKey = [windowEnd: number, digest: string];

const COUNT_KEY = 'counters';
/** Records of some 100 bytes; beyond it, counters that a client makes up are refused. */
const MAX_COUNTERS = 1_000_000;
/** Old counters that one write takes away. */
const PURGED_AT_ONCE = 1000;

/** What a store offers; handed in by tests. Everything may throw. */
export interface QuotaFile {
  /** Changes a counter in one step. @param change from what is used to what is to be; the same changes nothing */
  update(key: CounterKey, change: (used: number) => number): void;
  /** Takes away counters whose windows ended before a moment. */
  purge(before: number): void;
  close(): void;
}

/** Opens a store, and makes it when there is none. @throws when it cannot be used */
export function openQuotaFile(folder: string): QuotaFile {
  // Who else may read and write the machine's files has no business here.
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  refuseDamaged(join(folder, 'data.mdb'));
  refuseWithoutRoom(folder);
  // Loaded here and not above, so that who has no quotas does not pay for it.
  const { open } = createRequire(import.meta.url)('lmdb') as Lmdb;
  return new LmdbFile(open({ path: folder, encoding: 'msgpack', noSync: true, noSubdir: false, maxDbs: 1 }));
}

class LmdbFile implements QuotaFile {
  readonly #db: RootDatabase<number, CounterKey | string>;

  constructor(db: RootDatabase<number, CounterKey | string>) {
    this.#db = db;
  }

  update(key: CounterKey, change: (used: number) => number): void {
    this.#db.transactionSync(() => {
      const before = this.#db.get(key);
      const after = change(before ?? 0);
      if (after === (before ?? 0)) return;
      if (before === undefined) this.#count(1);
      this.#db.putSync(key, after);
    });
  }

  purge(before: number): void {
    this.#db.transactionSync(() => {
      const old = [...this.#db.getKeys({ start: [0, ''], end: [before, ''], limit: PURGED_AT_ONCE })];
      for (const key of old) this.#db.removeSync(key);
      if (old.length > 0) this.#count(-old.length);
    });
  }

  close(): void {
    void this.#db.close();
  }

  #count(delta: number): void {
    const counters = (this.#db.get(COUNT_KEY) ?? 0) + delta;
    if (counters > MAX_COUNTERS) throw new Error(`it holds ${MAX_COUNTERS} counters already`);
    this.#db.putSync(COUNT_KEY, Math.max(0, counters));
  }
}

/** Where LMDB (its format 2, in the build of this package) writes what the file holds: two pages in turn. */
const META = { MAGIC_AT: 24, MAGIC: 0xbeefc0de, PAGE_BYTES_AT: 48, LAST_PAGE_AT: 144, TRANSACTION_AT: 152, BYTES: 160 };

/**
 * LMDB maps the file and believes it: one that is cut off or is no such file at all would end the process (SIGBUS, SIGSEGV)
 * rather than throw.
 */
function refuseDamaged(file: string): void {
  const found = statSync(file, { throwIfNoEntry: false });
  if (found === undefined) return;
  // A pipe would be waited for.
  if (!found.isFile()) throw new Error(`${file} is no file`);
  const fd = openSync(file, 'r');
  try {
    // Another process is about to write the first pages.
    if (fstatSync(fd).size === 0) return;
    const first = readMeta(fd, 0);
    const second = first === null ? null : readMeta(fd, first.pageBytes);
    if (first === null || second === null) throw new Error(`${file} is damaged: it is no store of quotas`);
    // Asked after what was read: the file grows before these pages say so.
    const { size } = fstatSync(fd);
    const newest = second.transaction > first.transaction ? second : first;
    if ((newest.lastPage + 1n) * BigInt(newest.pageBytes) > BigInt(size))
      throw new Error(`${file} is damaged: it has been cut off`);
  } finally {
    closeSync(fd);
  }
}

/** What a new store and its lock file take, and some more for others that open it at this moment. */
const ROOM_BYTES = 65_536;

/** LMDB makes its files by writing into mapped memory: where the disk has no room for them that ends the process, too. */
function refuseWithoutRoom(folder: string): void {
  const files = ['data.mdb', 'lock.mdb'].map((name) => statSync(join(folder, name), { throwIfNoEntry: false }));
  if (files.every((stats) => stats !== undefined && isWritten(stats))) return;
  const trial = mkdtempSync(join(folder, 'room-'));
  try {
    writeFileSync(join(trial, 'trial'), Buffer.alloc(ROOM_BYTES, 1), { flush: true });
  } finally {
    rmSync(trial, { recursive: true, force: true });
  }
}

/** Whether a file has no holes, which would be filled only when they are written to. */
function isWritten({ size, blocks }: Stats): boolean {
  return size > 0 && blocks * 512 >= size;
}

interface Meta {
  readonly pageBytes: number;
  readonly lastPage: bigint;
  readonly transaction: bigint;
}

function readMeta(fd: number, at: number): Meta | null {
  const page = Buffer.alloc(META.BYTES);
  if (readSync(fd, page, 0, META.BYTES, at) < META.BYTES) return null;
  const pageBytes = page.readUInt32LE(META.PAGE_BYTES_AT);
  if (page.readUInt32LE(META.MAGIC_AT) !== META.MAGIC || pageBytes < 256 || pageBytes > 65_536) return null;
  return {
    pageBytes,
    lastPage: page.readBigUInt64LE(META.LAST_PAGE_AT),
    transaction: page.readBigUInt64LE(META.TRANSACTION_AT),
  };
}
