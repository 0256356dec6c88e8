import { type FSWatcher, type Stats, watch } from 'node:fs';
import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/** How often files are looked at in any case: a change below a link's target, or on a network's disk, is not told of. */
const LOOK_EVERY_MS = 2000;
/** Files that somebody writes are left alone until they have been the same for so long. */
const SETTLE_MS = 250;
/** A certificate and its key are two files: between the one and the other they do not match, and nobody is told at once. */
const TRIES = 4;
const RETRY_AFTER_MS = 1000;
/** Folders that the system is asked to tell of; those of more files are looked at alone. */
const MOST_WATCHED_FOLDERS = 256;
const ABSENT = 'absent';
const UNKNOWN = 'unknown';

/**
 * Has files of certificates and keys read again when one is another: written anew, replaced, or behind a link that leads
 * elsewhere now.
 *
 *   quiet --another stamp--> settling --the same for a while--> read --good--> quiet
 *                              ^ ^                               |
 *                              | '-------- another stamp --------+-- no good, the last try: quiet
 *                              '---------- after a while --------'   no good
 */
export class CertificateWatch {
  readonly #read: (isLastTry: boolean) => Promise<boolean>;
  #stamps: ReadonlyMap<string, string> = new Map();
  #folders: FSWatcher[] = [];
  #timer: NodeJS.Timeout | null = null;
  /** When the timer fires, and before when there is no further try; of `performance.now()`. */
  #dueAt = Number.POSITIVE_INFINITY;
  #retryAt = 0;
  #tries = 0;
  #isBusy = false;
  #isClosed = false;

  /**
   * @param read reads the files again; resolves to whether they are good. That they are not is worth a word only when there will
   *   be no further try
   */
  constructor(read: (isLastTry: boolean) => Promise<boolean>) {
    this.#read = read;
  }

  /** Watches these files from now on. One that was not watched before counts as another: who knows what has happened to it. */
  use(paths: readonly string[]): void {
    if (this.#isClosed) return;
    const folders = new Set([...this.#stamps.keys()].map(dirname));
    this.#stamps = new Map(paths.map((path) => [path, this.#stamps.get(path) ?? UNKNOWN]));
    const wanted = new Set(paths.map(dirname));
    if ([...wanted].some((folder) => !folders.has(folder)) || wanted.size !== folders.size) this.#watch(wanted);
    this.#schedule(LOOK_EVERY_MS);
  }

  close(): void {
    this.#isClosed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    for (const folder of this.#folders) folder.close();
  }

  /** A hint that spares the wait for the next look; where the system cannot give it, there is the look. */
  #watch(folders: ReadonlySet<string>): void {
    for (const folder of this.#folders) folder.close();
    this.#folders = [];
    for (const folder of [...folders].slice(0, MOST_WATCHED_FOLDERS)) {
      try {
        const watcher = watch(folder, { persistent: false }, () => this.#lookWithin(SETTLE_MS));
        watcher.on('error', () => watcher.close());
        this.#folders.push(watcher);
      } catch {
        // Gone, or there are no watches to be had.
      }
    }
  }

  /** What else happens in a folder must neither put off a look for ever nor bring it forward again and again. */
  #lookWithin(ms: number): void {
    if (performance.now() + ms < this.#dueAt) this.#schedule(ms);
  }

  #schedule(ms: number): void {
    if (this.#isBusy || this.#isClosed) return;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#dueAt = performance.now() + ms;
    this.#timer = this.#stamps.size === 0 ? null : setTimeout(() => void this.#look(), ms).unref();
  }

  async #look(): Promise<void> {
    this.#isBusy = true;
    const next = await this.#lookOnce();
    this.#isBusy = false;
    this.#schedule(next);
  }

  /** @returns when to look again */
  async #lookOnce(): Promise<number> {
    const known = this.#stamps;
    const found = await readStamps(known.keys());
    // Another config has come in between, with files of its own.
    if (this.#stamps !== known) return LOOK_EVERY_MS;
    if ([...known].some(([path, stamp]) => found.get(path) !== stamp)) {
      this.#stamps = found;
      this.#tries = TRIES;
      this.#retryAt = 0;
      return SETTLE_MS;
    }
    if (this.#tries === 0 || this.#isClosed) return LOOK_EVERY_MS;
    const early = this.#retryAt - performance.now();
    if (early > 0) return early;
    this.#tries--;
    if (await this.#read(this.#tries === 0)) this.#tries = 0;
    if (this.#tries === 0) return LOOK_EVERY_MS;
    this.#retryAt = performance.now() + RETRY_AFTER_MS;
    return RETRY_AFTER_MS;
  }
}

/** Another one when the file was written, replaced, or a link on the way to it leads elsewhere. */
function stampOf({ dev, ino, size, mtimeMs, ctimeMs }: Stats): string {
  return [dev, ino, size, mtimeMs, ctimeMs].join(':');
}

async function readStamps(paths: Iterable<string>): Promise<Map<string, string>> {
  const read = async (path: string): Promise<[string, string]> => {
    try {
      return [path, stampOf(await stat(path))];
    } catch {
      return [path, ABSENT];
    }
  };
  return new Map(await Promise.all([...paths].map(read)));
}
