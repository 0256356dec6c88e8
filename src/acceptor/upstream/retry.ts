import { ERRORS, type ErrorCode } from '../../errors/table.ts';

/** All that counts when an attempt has failed. */
export interface FailedAttempt {
  readonly code: ErrorCode;
  /** Attempts made so far, this one included. */
  readonly attempts: number;
  /** Attempts after the first that the route allows. */
  readonly retries: number;
  /** The method is idempotent (RFC 9110, section 9.2.2). */
  readonly idempotent: boolean;
  /** The route allows repeating any method after the keep-alive race. */
  readonly retryNonIdempotent: boolean;
  /** The connection had carried an exchange before. False when there was no connection. */
  readonly reused: boolean;
  /** A byte of the response came from the upstream. */
  readonly responseBegun: boolean;
  /** A byte of the request may have reached the upstream. False when there was no connection. */
  readonly requestReachedPeer: boolean;
  /** The request has no body, or all of what was taken from the client is still at hand. */
  readonly bodyReplayable: boolean;
}

/**
 * `retry`: on any connection, to another endpoint where there is one. `retry-fresh`: the same, but not on an idle connection,
 * which may be as dead as the last.
 */
export type RetryVerdict = 'retry' | 'retry-fresh' | 'give-up';

/**
 * Whether a failed attempt may be made again without the upstream doing the work twice. The one place where that is decided.
 */
export function decideRetry(failed: FailedAttempt): RetryVerdict {
  // The route's budget is spent.
  if (failed.attempts > failed.retries) return 'give-up';
  // The upstream worked on it, and the client may have been shown a part of the answer.
  if (failed.responseBegun) return 'give-up';
  // Without the first bytes of the body the request would be another one.
  if (!failed.bodyReplayable) return 'give-up';
  const retry = ERRORS[failed.code].retry;
  // The connection never came to be, so nobody saw the request: any method may be repeated.
  if (retry === 'safe') return 'retry';
  // The upstream answered wrongly or too late, or the gateway itself refused: repeating would repeat the work or the error.
  if (retry === 'never') return 'give-up';
  // Not one byte left this machine: safe for any method, but idle connections to that upstream are suspect now.
  if (!failed.requestReachedPeer) return 'retry-fresh';
  // A new connection that closes without an answer is no race: the upstream took the request and failed.
  if (!failed.reused) return 'give-up';
  // The keep-alive race: most likely closed before the request was read, and harmless if it was not.
  if (failed.idempotent) return 'retry-fresh';
  // The operator said that a second POST does less harm than a failed one.
  return failed.retryNonIdempotent ? 'retry-fresh' : 'give-up';
}
