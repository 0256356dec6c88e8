import type { RetryRules } from '../../config/compiled-care.ts';
import { ERRORS, type ErrorCode } from '../../errors/table.ts';

/** All that counts when an attempt has failed. */
export interface FailedAttempt {
  /** What failed, or the status that the upstream answered with. */
  readonly code: ErrorCode | number;
  /** Attempts made so far, this one included. */
  readonly attempts: number;
  /** Attempts after the first that the route allows. */
  readonly retries: number;
  /** What the route wants tried again; null: whatever is safe. */
  readonly rules: RetryRules | null;
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
  /** There is another upstream for what this one cannot serve, and it was not asked yet. */
  readonly hasFailover: boolean;
}

/**
 * `retry`: on any connection, to another endpoint where there is one. `retry-fresh`: the same, but not on an idle connection,
 * which may be as dead as the last. `fail-over`: to the other upstream.
 */
export type RetryVerdict = 'retry' | 'retry-fresh' | 'fail-over' | 'give-up';

/** The upstream has nobody who could be asked. */
const NOBODY_THERE: ReadonlySet<ErrorCode | number> = new Set<ErrorCode>([
  'upstream_unavailable',
  'upstream_circuit_open',
]);

/**
 * Whether a failed attempt may be made again without the upstream doing the work twice. The one place where that is decided;
 * whether the budget of the upstream has room for it is asked after.
 */
export function decideRetry(failed: FailedAttempt): RetryVerdict {
  // Without the first bytes of the body the request would be another one.
  if (!failed.bodyReplayable) return 'give-up';
  // Nobody was asked: the same upstream would say the same again, another one need not.
  if (NOBODY_THERE.has(failed.code)) return failed.hasFailover ? 'fail-over' : 'give-up';
  const verdict = typeof failed.code === 'number' ? judgeStatus(failed) : judgeFailure(failed, failed.code);
  // All attempts the route allows are made; the other upstream has not had its own.
  if (verdict !== 'give-up' && failed.attempts > failed.retries) return failed.hasFailover ? 'fail-over' : 'give-up';
  return verdict;
}

/** The upstream has answered, and the client has seen nothing of it. */
function judgeStatus({ code, rules, idempotent }: FailedAttempt): RetryVerdict {
  // The operator did not name this status: it is an answer like any other.
  if (rules === null || !rules.statuses.includes(code as number)) return 'give-up';
  // The upstream may have done a part of the work.
  return idempotent ? 'retry' : 'give-up';
}

function judgeFailure(failed: FailedAttempt, code: ErrorCode): RetryVerdict {
  const { rules } = failed;
  // The upstream worked on it, and the client may have been shown a part of the answer.
  if (failed.responseBegun) return 'give-up';
  const retry = ERRORS[code].retry;
  // The connection never came to be, so nobody saw the request: any method may be repeated.
  if (retry === 'safe') return rules === null || rules.connect ? 'retry' : 'give-up';
  // The upstream may be at work still; who wants that repeated has to say so, and only where a second time does no harm.
  if (code === 'upstream_head_timeout') return rules?.timeout && failed.idempotent ? 'retry' : 'give-up';
  // The upstream answered wrongly, or the gateway itself refused: repeating would repeat the work or the error.
  if (retry === 'never') return 'give-up';
  // The operator wants connections that break off left alone.
  if (rules !== null && !rules.reset) return 'give-up';
  // Not one byte left this machine: safe for any method, but idle connections to that upstream are suspect now.
  if (!failed.requestReachedPeer) return 'retry-fresh';
  // A new connection that closes without an answer is no race: the upstream took the request and failed. Harmless to repeat
  // where the method is idempotent, but only for who asked for it.
  if (!failed.reused) return rules !== null && failed.idempotent ? 'retry-fresh' : 'give-up';
  // The keep-alive race: most likely closed before the request was read, and harmless if it was not.
  if (failed.idempotent) return 'retry-fresh';
  // The operator said that a second POST does less harm than a failed one.
  return failed.retryNonIdempotent ? 'retry-fresh' : 'give-up';
}

/**
 * How long to wait before a retry, in milliseconds: anything from nothing to a bound that doubles with each attempt, so that clients
 * that failed together do not come back together ("Exponential Backoff and Jitter", AWS Architecture Blog, 2015: full jitter).
 *
 * @param attempts made so far
 * @param random from 0 up to, not including, 1
 */
export function backoffMs({ base, max }: NonNullable<RetryRules['backoff']>, attempts: number, random: number): number {
  return Math.floor(random * Math.min(max, base * 2 ** Math.min(attempts - 1, 30)));
}
