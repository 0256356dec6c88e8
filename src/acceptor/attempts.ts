/**
 * Where the next attempt of an exchange goes, and whether there is one: what pipeline.ts asks when a route has more than one
 * upstream, or an attempt has failed.
 */
import { chooseUpstream } from '../decision/choose-upstream.ts';
import { HeaderChanges } from '../decision/header-changes.ts';
import type { ErrorCode } from '../errors/table.ts';
import type { ExchangeState } from './exchange-state.ts';
import { backoffMs, decideRetry, type RetryVerdict } from './upstream/retry.ts';
import type { PendingConnection } from './upstream/upstream.ts';
import { NONE_TRIED, type UpstreamGroup } from './upstream/upstream-group.ts';

/** RFC 9110, section 9.2.2. */
const IDEMPOTENT: ReadonlySet<string> = new Set(['GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS']);

/** Settles on an upstream for the first attempt; null: the route has none. */
export function firstUpstream(exchange: ExchangeState): UpstreamGroup | null {
  const { snapshot, acceptor } = exchange;
  const { upstream, split, failover, retry } = exchange.route!.forward;
  let group = snapshot.upstreams[upstream] ?? null;
  if (split !== null) {
    const { index, cookie } = chooseUpstream(split, exchange, acceptor.random());
    group = snapshot.upstreams[split.choices[index]!.upstream]!;
    if (cookie !== null) setCookie(exchange, cookie);
  }
  const other = snapshot.upstreams[failover] ?? null;
  if (group !== null && other !== null && group !== other && group.isDown && !other.isDown) {
    exchange.hasFailedOver = true;
    group = other;
  }
  if (retry !== null && retry.budget < 1) group?.retryBudget.onRequest();
  return group;
}

function setCookie(exchange: ExchangeState, cookie: string): void {
  const changes = exchange.decision?.responseHeaders ?? new HeaderChanges('response', null);
  changes.add('set-cookie', cookie);
  if (exchange.decision === null) exchange.responseChanges = changes;
}

/**
 * What becomes of an exchange whose attempt failed. On `fail-over` its upstream is the other one already.
 *
 * @param code what went wrong, or a status that may be worth another attempt
 */
export function afterFailure(exchange: ExchangeState, code: ErrorCode | number): RetryVerdict {
  const verdict = verdictOn(exchange, code);
  if (verdict !== 'give-up')
    exchange.trace?.endAttempt(exchange.acceptor.now(), typeof code === 'number' ? null : code);
  return verdict;
}

function verdictOn(exchange: ExchangeState, code: ErrorCode | number): RetryVerdict {
  const verdict = decideRetry(failedAttempt(exchange, code));
  if (verdict === 'fail-over') {
    exchange.hasFailedOver = true;
    exchange.upstream = exchange.snapshot.upstreams[exchange.route!.forward.failover]!;
    exchange.triedEndpoints = NONE_TRIED;
    exchange.wantsFreshConnection = false;
    return verdict;
  }
  return verdict === 'give-up' || isWithinBudget(exchange) ? verdict : 'give-up';
}

function failedAttempt(exchange: ExchangeState, code: ErrorCode | number): Parameters<typeof decideRetry>[0] {
  const { connection, body, route, method, attempts, snapshot } = exchange;
  const { retries, retry, retryNonIdempotent, failover } = route!.forward;
  const other = snapshot.upstreams[failover] ?? null;
  return {
    code,
    attempts,
    retries,
    rules: retry,
    idempotent: IDEMPOTENT.has(method),
    retryNonIdempotent,
    reused: connection?.reused ?? false,
    responseBegun: connection?.responseBegun ?? false,
    requestReachedPeer: connection?.requestReachedPeer ?? false,
    bodyReplayable: body === null || body.isReplayable,
    hasFailover: other !== null && other !== exchange.upstream && !exchange.hasFailedOver,
  };
}

function isWithinBudget({ route, upstream }: ExchangeState): boolean {
  const { retry } = route!.forward;
  if (retry === null || retry.budget >= 1 || upstream!.retryBudget.take(retry.budget)) return true;
  upstream!.countRefusedRetry();
  return false;
}

/** Calls back when the next attempt is due, unless that is cancelled. @returns null: it is due now, and nobody is called */
export function afterBackoff({ route, attempts, acceptor }: ExchangeState, then: () => void): PendingConnection | null {
  const backoff = route!.forward.retry?.backoff ?? null;
  const delay = backoff === null ? 0 : backoffMs(backoff, attempts, acceptor.random());
  if (delay === 0) return null;
  const timer = setTimeout(then, delay);
  return { cancel: () => clearTimeout(timer) };
}
