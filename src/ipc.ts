/**
 * What the supervisor and its acceptors say to each other over the IPC channel of `fork`: everything that crosses that
 * boundary, and nothing on the request path. State they share lies in shared memory; these are only the wake-ups, because
 * `Atomics.notify` does not reach another process.
 */
import type { Generation, Millis } from './brand.ts';
import type { LogLevel } from './config/compiled-telemetry.ts';
import type { Purge } from './decision/policies/cache/purge.ts';

/** How an acceptor is started: its place in shared memory and the inherited listening sockets. In its environment, as JSON. */
export interface AcceptorAssignment {
  readonly slot: number;
  /** Name of the listener each socket belongs to, in the order of the descriptors from FIRST_LISTENING_FD on. */
  readonly listeners: readonly string[];
  /** What Via calls this gateway; the same in all acceptors, so that a loop through another one is seen. */
  readonly viaPseudonym: string;
  /** See `log-level`. */
  readonly logLevel: LogLevel | null;
}

export const ASSIGNMENT_VARIABLE = 'PENSTOCK_ACCEPTOR';

/** After the shared memory (see shared-memory/layout.ts). */
export const FIRST_LISTENING_FD = 5;

export type ToAcceptor =
  /** A new generation is visible in shared memory: take it over, then acknowledge it there and here. */
  | { readonly kind: 'take-over'; readonly generation: Generation }
  /**
   * Accept nothing new, answer what comes on open connections with `Connection: close`, and exit when no connection is
   * left, when none has had a request for `quiet`, or after `limit`.
   */
  | { readonly kind: 'drain'; readonly quiet: Millis; readonly limit: Millis }
  /** The keys of a set that the config names, JSON Web Keys; null: they cannot be had. At the start, and when they change. */
  | {
      readonly kind: 'key-set';
      readonly url: string;
      readonly keys: readonly Readonly<Record<string, unknown>>[] | null;
    }
  /** Drop stored responses, then say how many by the same number. */
  | { readonly kind: 'purge-cache'; readonly number: number; readonly purge: Purge }
  /** Write the gateway's own messages from this level on; null: from the config's. */
  | { readonly kind: 'log-level'; readonly level: LogLevel | null }
  /** The access log's file has been moved: go on in a new one, then say so by the same number. */
  | { readonly kind: 'reopen-log'; readonly number: number };

export type FromAcceptor =
  /** It accepts connections on all listeners. */
  | { readonly kind: 'serving' }
  | { readonly kind: 'acknowledged'; readonly generation: Generation }
  | { readonly kind: 'cache-purged'; readonly number: number; readonly dropped: number }
  /** Nothing more will be written to the file that was moved. */
  | { readonly kind: 'log-reopened'; readonly number: number }
  /** It cannot serve and is about to exit; one sentence for the operator. */
  | { readonly kind: 'failed'; readonly reason: string }
  /** A token names a key that the set does not hold: a newer one may. At most one a second for each set. */
  | { readonly kind: 'unknown-key'; readonly url: string; readonly kid: string };
