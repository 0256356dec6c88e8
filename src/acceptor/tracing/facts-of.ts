import type { MonotonicMs } from '../../brand.ts';
import { ERRORS } from '../../errors/table.ts';
import type { AttemptFacts, TraceFacts } from '../../telemetry/export/export-protocol.ts';
import type { ExchangeState } from '../exchange-state.ts';
import { forwardedPath } from '../forward-head.ts';
import type { AttemptTrace } from './exchange-trace.ts';

/** What a span tells of a path at most. */
const LONGEST_PATH = 1024;
const LONGEST_METHOD = 40;

/**
 * What the spans of an exchange that has ended are made from.
 *
 * @param epochOffsetMs from the clock of the exchange to milliseconds since the epoch
 */
export function factsOf(
  exchange: ExchangeState,
  withClient: boolean,
  hasFailed: boolean,
  epochOffsetMs: number,
): TraceFacts {
  const { route, gatewayMs, upstreamMs, transferMs, startedAt } = exchange;
  const { traceId, spanId, parentId, traceState, attempts } = exchange.trace!;
  const endedAt = (startedAt + gatewayMs + upstreamMs + transferMs) as MonotonicMs;
  return {
    traceId,
    spanId,
    parentId,
    traceState,
    startMs: startedAt + epochOffsetMs,
    endMs: endedAt + epochOffsetMs,
    requestId: exchange.requestId,
    method: exchange.method.slice(0, LONGEST_METHOD),
    scheme: exchange.scheme,
    host: exchange.host,
    path: exchange.path.slice(0, LONGEST_PATH),
    upstreamPath: attempts.length === 0 ? null : forwardedPath(exchange).slice(0, LONGEST_PATH),
    clientIp: withClient ? exchange.clientIp : null,
    pattern: route === null ? null : route.path,
    route: route === null ? null : route.name,
    upstream: exchange.upstream === null ? null : exchange.upstream.name,
    consumer: exchange.consumer,
    status: exchange.status,
    error: exchange.error,
    hasFailed,
    gatewayMs,
    upstreamMs,
    transferMs,
    bytesIn: exchange.bytesIn,
    bytesOut: exchange.bytesOut,
    attempts: attempts.map((attempt, index) =>
      attemptFacts(attempt, index === attempts.length - 1 ? exchange : null, endedAt, epochOffsetMs),
    ),
  };
}

/** @param last the exchange, for its last attempt: what ended the exchange in the upstream's hands ended the attempt */
function attemptFacts(
  { spanId, startedAt, endedAt, endpoint, status, error }: AttemptTrace,
  last: ExchangeState | null,
  exchangeEndedAt: MonotonicMs,
  epochOffsetMs: number,
): AttemptFacts {
  const isOpen = endedAt === 0;
  const fatal = isOpen && last !== null && last.error !== null && ERRORS[last.error].source === 'upstream';
  return {
    spanId,
    startMs: startedAt + epochOffsetMs,
    endMs: (isOpen ? exchangeEndedAt : endedAt) + epochOffsetMs,
    endpoint,
    status,
    error: fatal ? last.error : error,
  };
}
