/**
 * What the supervisor and its acceptors say to each other over the IPC channel of `fork`: everything that crosses that
 * boundary, and nothing on the request path. State they share lies in shared memory; these are only the wake-ups, because
 * `Atomics.notify` does not reach another process.
 */
import type { Generation, Millis } from './brand.ts';
import type { LogLevel } from './config/schema/log-level.ts';
import type { Purge } from './decision/policies/cache/purge.ts';
import type { LimitWindow } from './decision/policies/host.ts';
import type { Identity } from './identities.ts';
import type { SecretPlaces } from './recording/secret-names.ts';

/** How an acceptor is started: its place in shared memory and the inherited listening sockets. In its environment, as JSON. */
export interface AcceptorAssignment {
  readonly slot: number;
  /** Name of the listener each socket belongs to, in the order of the descriptors from FIRST_LISTENING_FD on. */
  readonly listeners: readonly string[];
  /** What Via calls this gateway; the same in all acceptors, so that a loop through another one is seen. */
  readonly viaPseudonym: string;
}

export const ASSIGNMENT_VARIABLE = 'PENSTOCK_ACCEPTOR';

/** After the shared memory (see shared-memory/layout.ts). */
export const FIRST_LISTENING_FD = 5;

/** Something that an operator has changed by hand, on top of the config. */
export type Lever =
  /** Every request of the route is answered by the gateway, 503 `route_disabled`. */
  | { readonly kind: 'kill-route'; readonly route: string }
  /** Every `rateLimit` of the route has this one window in place of its own. */
  | { readonly kind: 'limit'; readonly route: string; readonly window: LimitWindow }
  /** Nothing new is sent to the endpoint, named as in metrics: `http://host:port`. */
  | { readonly kind: 'endpoint-out'; readonly upstream: string; readonly endpoint: string }
  | { readonly kind: 'log-level'; readonly level: LogLevel };
/** What an acceptor needs to know to record. */
export interface RecordingOrder {
  /** Tells batches of one recording from those of another. */
  readonly recording: number;
  /** What pseudonyms are made with, in base64; the same in all acceptors, and gone with the recording. */
  readonly key: string;
  /** When the recording began, by the clock that all processes of a machine share (`process.hrtime`), in milliseconds. */
  readonly began: number;
  /** Of the exchanges, above 0 and up to 1. */
  readonly share: number;
  /** Bodies up to this size are recorded as text; 0: only their size and digest. */
  readonly bodyBytes: number;
  readonly places: SecretPlaces;
}

/** Lines of a recording. An acceptor sends the next batch when this one is out of its hands; what then is too much is dropped. */
export interface RecordedBatch {
  readonly recording: number;
  /** In order of their time. */
  readonly lines: readonly (readonly [at: number, line: string])[];
  /** No line that comes later is of an earlier time. */
  readonly before: number;
  /** Exchanges that could not be recorded so far. */
  readonly dropped: number;
  /** Exchanges that were to be recorded and whose lines have not been sent. */
  readonly underWay: number;
  readonly isLast: boolean;
}

export type ToAcceptor =
  /**
   * A generation is in shared memory: take it over, then acknowledge it there and here. One that is neither the newest nor the
   * canary any more when this is heard is passed over for the newest.
   */
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
  /** What operators have changed by hand, all of it: in force from now on, in this snapshot and in those to come. Answered by its number. */
  | { readonly kind: 'levers'; readonly number: number; readonly levers: readonly Lever[] }
  /**
   * Certificates with their keys, new or in place of earlier ones: show them, then say so by the same number. What a config names is
   * sent before the config is published, and to a new acceptor before anything else.
   */
  | { readonly kind: 'identities'; readonly number: number; readonly identities: readonly Identity[] }
  /** Drop stored responses, then say how many by the same number. */
  | { readonly kind: 'purge-cache'; readonly number: number; readonly purge: Purge }
  /** The access log's file has been moved: go on in a new one, then say so by the same number. */
  | { readonly kind: 'reopen-log'; readonly number: number }
  /** Record the exchanges that begin from now on. A recording that runs is ended at once. */
  | { readonly kind: 'record'; readonly order: RecordingOrder }
  /** Record nothing that begins from now on; what has begun has this long to end. The last batch is then the last. */
  | { readonly kind: 'stop-recording'; readonly recording: number; readonly within: Millis };

export type FromAcceptor =
  /** It accepts connections on all listeners. */
  | { readonly kind: 'serving' }
  | { readonly kind: 'acknowledged'; readonly generation: Generation }
  | { readonly kind: 'levers-applied'; readonly number: number }
  | { readonly kind: 'cache-purged'; readonly number: number; readonly dropped: number }
  /** Nothing more will be written to the file that was moved. */
  | { readonly kind: 'log-reopened'; readonly number: number }
  | { readonly kind: 'recorded'; readonly batch: RecordedBatch }
  | { readonly kind: 'identities-shown'; readonly number: number }
  /** It cannot serve and is about to exit; one sentence for the operator. */
  | { readonly kind: 'failed'; readonly reason: string }
  /** A token names a key that the set does not hold: a newer one may. At most one a second for each set. */
  | { readonly kind: 'unknown-key'; readonly url: string; readonly kid: string };
