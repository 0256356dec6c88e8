/** Who wanted a change of what runs, and why. */
export interface Cause {
  readonly kind: 'start' | 'signal' | 'watch' | 'git' | 'certificates' | 'api';
  /** Name of the admin token; null where nobody had to show one. */
  readonly who: string | null;
  readonly why: string | null;
}

/** Something that happened to the configuration. What is published next to what was not, so that one list tells it all. */
export interface HistoryEntry {
  /** Counts up, over restarts too. */
  readonly number: number;
  /** ISO 8601. */
  readonly at: string;
  readonly event: HistoryEvent;
  /** Null: it never came to a snapshot. */
  readonly id: string | null;
  readonly label: string | null;
  readonly source: string;
  /** Null: it never went live. */
  readonly generation: number | null;
  readonly routes: number | null;
  readonly cause: Cause;
  /** Why it was refused or rolled back; null: there is nothing to say. */
  readonly message: string | null;
  /** What a canary showed, see `canary/`; null: it was none. */
  readonly evidence: object | null;
}

export type HistoryEvent =
  | 'published'
  /** An older snapshot was published again. */
  | 'rolled-back'
  /** It could not be compiled, or not be taken while the gateway runs. */
  | 'refused'
  | 'canary-begun'
  | 'canary-promoted'
  | 'canary-aborted';

/** Whether something went live with it. */
export function isLive(event: HistoryEvent): boolean {
  return event === 'published' || event === 'rolled-back' || event === 'canary-promoted';
}
