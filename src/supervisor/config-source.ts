import type { Cause } from './history/history-entry.ts';

/** Where configuration comes from. */
export interface ConfigSource {
  /** As operators know it: a path, or the URL of a repository with a ref. Holds no secret. */
  readonly description: string;
  /**
   * Brings what is newest to where it can be compiled.
   *
   * @throws Error in a sentence when it cannot be reached
   */
  fetch(): Promise<FetchedConfig>;
  /** Calls back whenever there may be something new, until it is closed. */
  watch(onChange: (cause: Cause) => void): void;
  close(): void;
}

export interface FetchedConfig {
  /** A config file, or a directory of them. */
  readonly path: string;
  /** What its author calls it: a commit id; null: nothing. */
  readonly label: string | null;
}

/** A file or a directory. It is read when somebody says so. */
export class FileSource implements ConfigSource {
  readonly description: string;

  constructor(path: string) {
    this.description = path;
  }

  async fetch(): Promise<FetchedConfig> {
    return { path: this.description, label: null };
  }

  watch(): void {}

  close(): void {}
}
