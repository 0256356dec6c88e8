import { resolve } from 'node:path';
import type { ConfigInput } from '../../config/inputs.ts';
import type { ConfigSource, FetchedConfig, SourceState, SourceWatcher } from '../config-source.ts';
import { FileWatch } from './file-watch.ts';
import { hasSameInputs } from './same-inputs.ts';

/** A file or a directory. It is read when somebody says so and, where that is wished for, when it changes. */
export class FileSource implements ConfigSource {
  readonly description: string;
  readonly push = null;
  readonly #path: string;
  readonly #isWatched: boolean;
  #readAt: Date | null = null;
  #inputs: readonly ConfigInput[] = [];
  #watch: FileWatch | null = null;

  /** @param isWatched whether a change of a file makes it read again */
  constructor(path: string, isWatched = false) {
    this.description = path;
    this.#path = resolve(path);
    this.#isWatched = isWatched;
  }

  get state(): SourceState {
    return { answeredAt: this.#readAt, label: null, unreachable: null };
  }

  async fetch(): Promise<FetchedConfig> {
    this.#readAt = new Date();
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
      if (!(await hasSameInputs(this.#inputs, this.#path))) onChange({ kind: 'watch', who: null, why: null });
    });
    this.#watch.use(this.#paths);
  }

  close(): void {
    this.#watch?.close();
  }

  get #paths(): readonly string[] {
    return [this.#path, ...this.#inputs.map(({ file }) => file)];
  }
}
