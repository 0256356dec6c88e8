import type { ConfigInput } from '../config/inputs.ts';
import type { Cause } from './history/history-entry.ts';

/** Where configuration comes from: see `source/`. */
export interface ConfigSource {
  /** As operators know it: a path, or the URL of a repository with a ref. Holds no secret. */
  readonly description: string;
  readonly state: SourceState;
  /**
   * Brings what is newest to where it can be compiled.
   *
   * @throws Error in a sentence when it cannot be reached, or cannot be taken
   */
  fetch(): Promise<FetchedConfig>;
  /** What was fetched last was compiled, well or not, from these files. */
  compiledFrom(inputs: readonly ConfigInput[]): void;
  /** What was fetched under this label is live: its files stay where they are. */
  isLive(label: string | null): void;
  /** Tells whenever there may be something new, until it is closed. */
  watch(watcher: SourceWatcher): void;
  /** Null: nobody can tell it that something was pushed. */
  readonly push: PushTarget | null;
  close(): void;
}

/** What a Git host can do, see `admin/push-hook.ts`. */
export interface PushTarget {
  /** That the host shares with the gateway. Asked each time, so that it can be replaced; rejects when there is none. */
  readonly secret: () => Promise<string>;
  /**
   * Has the source looked at soon, once for many that ask.
   *
   * @param ref full name of what was pushed; null: it was not said
   * @returns false when it is not what the source follows
   */
  readonly onPush: (ref: string | null) => boolean;
}

export interface SourceWatcher {
  onChange(cause: Cause): void;
  /** Told, in a sentence, what operators should know. */
  report(message: string): void;
}

/** What is known of a source without asking it. */
export interface SourceState {
  /** Null: never since the start. */
  readonly answeredAt: Date | null;
  /** What it said then is called: a commit; null: nothing. */
  readonly label: string | null;
  /** Why it cannot be reached, and since when; null: it can. */
  readonly unreachable: { readonly at: Date; readonly message: string } | null;
}

export interface FetchedConfig {
  /** A config file, or a directory of them. */
  readonly path: string;
  /** What its author calls it: a commit id; null: nothing. */
  readonly label: string | null;
  /** The folder that messages leave out of the names of files; null: they are shown whole. */
  readonly root: string | null;
  /** Every file that the config was compiled from the last time is the same. */
  readonly isUnchanged: boolean;
}
