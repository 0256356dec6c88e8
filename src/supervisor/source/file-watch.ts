import { type FSWatcher, watch } from 'node:fs';
import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/** A change that the system does not tell of - behind a link, on a network's disk - is found this late. */
const LOOK_EVERY_MS = 2000;
/** Who writes several files, or one in pieces, is left to finish. */
const QUIET_MS = 100;
/** And somebody who never does is not waited for. */
const LONGEST_WAIT_MS = 1000;
/** Folders that the system is asked to tell of; those of more files are looked at alone. */
const MOST_WATCHED_FOLDERS = 256;
const ABSENT = 'absent';
const UNKNOWN = 'unknown';

export interface WatchTimes {
  readonly lookEveryMs: number;
  readonly quietMs: number;
  readonly longestWaitMs: number;
}

const TIMES: WatchTimes = { lookEveryMs: LOOK_EVERY_MS, quietMs: QUIET_MS, longestWaitMs: LONGEST_WAIT_MS };

/**
 * Tells when files are others than before: written, replaced, gone, there at last, or behind a link that leads elsewhere now.
 * Editors and Kubernetes never write into a file but put another in its place, so that folders are watched rather than files.
 *
 *   waiting --the system tells--> settling --nothing told for a while, or for too long--> looking --another stamp--> onChange
 *      ^  '------------------------- every two seconds ------------------------------------^  |
 *      '--------------------------------------------------------------------------------------'
 */
export class FileWatch {
  readonly #onChange: () => Promise<void>;
  readonly #times: WatchTimes;
  #stamps: ReadonlyMap<string, string> = new Map();
  #folders: FSWatcher[] = [];
  #timer: NodeJS.Timeout | null = null;
  /** When the first was told of that was not looked into yet; null: nothing. Of `performance.now()`. */
  #toldAt: number | null = null;
  #isLooking = false;
  #isClosed = false;

  /** @param onChange the next look waits for it */
  constructor(onChange: () => Promise<void>, times: WatchTimes = TIMES) {
    this.#onChange = onChange;
    this.#times = times;
  }

  /**
   * Watches these files from now on, and the first also where it is a folder. One that was not watched before counts as another:
   * who knows what has happened to it since it was read.
   */
  use(paths: readonly string[]): void {
    if (this.#isClosed) return;
    this.#stamps = new Map(paths.map((path) => [path, this.#stamps.get(path) ?? UNKNOWN]));
    this.#watchFolders();
    this.#schedule();
  }

  close(): void {
    this.#isClosed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    for (const folder of this.#folders) folder.close();
  }

  /** Anew each time: a folder of the same name may be another one. */
  #watchFolders(): void {
    for (const folder of this.#folders) folder.close();
    const paths = [...this.#stamps.keys()];
    const wanted = new Set([...paths.slice(0, 1), ...paths.map(dirname)]);
    this.#folders = [...wanted].slice(0, MOST_WATCHED_FOLDERS).flatMap((folder) => {
      try {
        const watcher = watch(folder, { persistent: false }, () => this.#onTold());
        watcher.on('error', () => watcher.close());
        return [watcher];
      } catch {
        // Gone, or there are no watches to be had: it is looked at now and then.
        return [];
      }
    });
  }

  #onTold(): void {
    this.#toldAt ??= performance.now();
    this.#schedule();
  }

  #schedule(): void {
    if (this.#isClosed || this.#isLooking) return;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#look(), this.#waitMs()).unref();
  }

  #waitMs(): number {
    const { lookEveryMs, quietMs, longestWaitMs } = this.#times;
    if (this.#toldAt === null) return lookEveryMs;
    return Math.max(0, Math.min(quietMs, this.#toldAt + longestWaitMs - performance.now()));
  }

  async #look(): Promise<void> {
    this.#isLooking = true;
    this.#toldAt = null;
    const known = this.#stamps;
    const found = new Map<string, string>();
    for (const path of known.keys()) found.set(path, await stampOf(path));
    // Other files may have come to be watched meanwhile: they are looked at the next time.
    if (this.#stamps === known && [...found].some(([path, stamp]) => known.get(path) !== stamp)) {
      this.#stamps = found;
      this.#watchFolders();
      await this.#onChange();
    }
    this.#isLooking = false;
    this.#schedule();
  }
}

async function stampOf(path: string): Promise<string> {
  const about = await stat(path).catch(() => null);
  if (about === null) return ABSENT;
  const { dev, ino, size, mtimeMs, ctimeMs } = about;
  return [dev, ino, size, mtimeMs, ctimeMs].join(' ');
}
