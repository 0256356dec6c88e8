import { readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { type ConfigInput, digestOfFile } from '../../config/inputs.ts';
import { isConfigFile } from '../../config/source/read-source.ts';
import type { ConfigSource, FetchedConfig, SourceState, SourceWatcher } from '../config-source.ts';
import { FileWatch } from './file-watch.ts';

/** A file or a directory. It is read when somebody says so and, where that is wished for, when it changes. */
export class FileSource implements ConfigSource {
  readonly description: string;
  readonly #path: string;
  readonly #isWatched: boolean;
  #fetchedAt: Date | null = null;
  #inputs: readonly ConfigInput[] = [];
  #watch: FileWatch | null = null;

  /** @param isWatched whether a change of a file makes it read again */
  constructor(path: string, isWatched = false) {
    this.description = path;
    this.#path = resolve(path);
    this.#isWatched = isWatched;
  }

  get state(): SourceState {
    return { fetchedAt: this.#fetchedAt, label: null, lastError: null };
  }

  async fetch(): Promise<FetchedConfig> {
    this.#fetchedAt = new Date();
    return { path: this.description, label: null, root: null, isUnchanged: false };
  }

  compiledFrom(inputs: readonly ConfigInput[]): void {
    this.#inputs = inputs;
    this.#watch?.use(this.#paths);
  }

  isLive(): void {}

  watch({ onChange }: SourceWatcher): void {
    if (!this.#isWatched) return;
    this.#watch = new FileWatch(async () => {
      if (await this.#isChanged()) onChange({ kind: 'watch', who: null, why: null });
    });
    this.#watch.use(this.#paths);
  }

  close(): void {
    this.#watch?.close();
  }

  get #paths(): readonly string[] {
    return [this.#path, ...this.#inputs.map(({ file }) => file)];
  }

  /** Whether another config would be read: not whether somebody has written the same once more. */
  async #isChanged(): Promise<boolean> {
    if (this.#inputs.some(({ file, digest }) => digestOfFile(file) !== digest)) return true;
    const files = await configFilesOf(this.#path);
    const known = new Set(this.#inputs.filter(({ isConfig }) => isConfig).map(({ file }) => file));
    return files !== null && (files.length !== known.size || files.some((file) => !known.has(file)));
  }
}

/** Null for what is no directory. */
async function configFilesOf(path: string): Promise<readonly string[] | null> {
  const entries = await readdir(path, { withFileTypes: true }).catch(() => null);
  return entries?.filter(isConfigFile).map(({ name }) => join(path, name)) ?? null;
}
