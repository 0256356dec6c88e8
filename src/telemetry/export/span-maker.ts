import {
  type Context,
  createTraceState,
  type HrTime,
  ROOT_CONTEXT,
  type Span,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import type { IdGenerator } from '@opentelemetry/sdk-trace';
import type { TraceFacts } from './export-protocol.ts';

/** Methods that keep their name in spans; others are counted together (semantic conventions for HTTP spans). */
const KNOWN_METHODS: ReadonlySet<string> = new Set(
  'CONNECT DELETE GET HEAD OPTIONS PATCH POST PUT QUERY TRACE'.split(' '),
);

/** Gives spans the ids that the acceptor has put on the wire already. */
export class GivenIds implements IdGenerator {
  traceId = '';
  spanId = '';

  generateTraceId(): string {
    return this.traceId;
  }

  generateSpanId(): string {
    return this.spanId;
  }
}

/**
 * Makes the spans of one exchange: one of kind server for the gateway, and below it one of kind client for each attempt at an
 * upstream. Names and attributes follow OpenTelemetry's semantic conventions for HTTP spans; what these have no name for begins
 * with `penstock.`.
 */
export class SpanMaker {
  readonly #tracer: Tracer;
  readonly #ids: GivenIds;

  /** @param ids those that the tracer's provider uses */
  constructor(tracer: Tracer, ids: GivenIds) {
    this.#tracer = tracer;
    this.#ids = ids;
  }

  make(facts: TraceFacts): void {
    const verb = KNOWN_METHODS.has(facts.method) ? facts.method : 'HTTP';
    this.#ids.traceId = facts.traceId;
    this.#ids.spanId = facts.spanId;
    const options = { kind: SpanKind.SERVER, startTime: timeOf(facts.startMs) };
    const name = facts.pattern === null ? verb : `${verb} ${facts.pattern}`;
    const span = this.#tracer.startSpan(name, options, parentOf(facts));
    setMethod(span, facts.method);
    describeServer(span, facts);
    const below = trace.setSpan(ROOT_CONTEXT, span);
    for (let index = 0; index < facts.attempts.length; index++) this.#makeAttempt(facts, index, verb, below);
    end(span, facts.hasFailed ? (facts.error ?? String(facts.status)) : null, facts.endMs);
  }

  #makeAttempt(facts: TraceFacts, index: number, verb: string, below: Context): void {
    const attempt = facts.attempts[index]!;
    this.#ids.spanId = attempt.spanId;
    const span = this.#tracer.startSpan(verb, { kind: SpanKind.CLIENT, startTime: timeOf(attempt.startMs) }, below);
    setMethod(span, facts.method);
    set(span, 'penstock.upstream', facts.upstream);
    if (index > 0) set(span, 'http.request.resend_count', index);
    if (attempt.endpoint !== null) this.#setEndpoint(span, attempt.endpoint, facts.upstreamPath);
    if (attempt.status > 0) set(span, 'http.response.status_code', attempt.status);
    end(span, attempt.error ?? (attempt.status >= 400 ? String(attempt.status) : null), attempt.endMs);
  }

  #setEndpoint(span: Span, endpoint: string, path: string | null): void {
    const url = new URL(endpoint);
    set(span, 'url.full', path === null ? null : `${endpoint}${path}`);
    set(span, 'server.address', url.hostname.replace(/^\[|\]$/g, ''));
    set(span, 'server.port', Number(url.port) || (url.protocol === 'https:' ? 443 : 80));
  }
}

/** What is not known is null, or empty where a request was refused before it was read. */
function set(span: Span, name: string, value: string | number | null): void {
  if (value !== null && value !== '') span.setAttribute(name, value);
}

function setMethod(span: Span, method: string): void {
  const isKnown = KNOWN_METHODS.has(method);
  set(span, 'http.request.method', isKnown ? method : '_OTHER');
  if (!isKnown) set(span, 'http.request.method_original', method);
}

function describeServer(span: Span, facts: TraceFacts): void {
  set(span, 'http.route', facts.pattern);
  set(span, 'url.path', facts.path);
  set(span, 'url.scheme', facts.scheme);
  set(span, 'server.address', facts.host);
  set(span, 'client.address', facts.clientIp);
  if (facts.status > 0) set(span, 'http.response.status_code', facts.status);
  set(span, 'http.request.body.size', facts.bytesIn);
  set(span, 'http.response.body.size', facts.bytesOut);
  set(span, 'penstock.request_id', facts.requestId);
  set(span, 'penstock.route', facts.route);
  set(span, 'penstock.upstream', facts.upstream);
  set(span, 'penstock.consumer', facts.consumer);
  set(span, 'penstock.error', facts.error);
  set(span, 'penstock.gateway_ms', rounded(facts.gatewayMs));
  set(span, 'penstock.upstream_ms', rounded(facts.upstreamMs));
  set(span, 'penstock.transfer_ms', rounded(facts.transferMs));
}

function end(span: Span, failure: string | null, endMs: number): void {
  if (failure !== null) span.setAttribute('error.type', failure).setStatus({ code: SpanStatusCode.ERROR });
  span.end(timeOf(endMs));
}

function parentOf({ traceId, parentId, traceState }: TraceFacts): Context {
  if (parentId === null) return ROOT_CONTEXT;
  const context: SpanContext = { traceId, spanId: parentId, traceFlags: TraceFlags.SAMPLED, isRemote: true };
  if (traceState !== null) context.traceState = createTraceState(traceState);
  return trace.setSpanContext(ROOT_CONTEXT, context);
}

function rounded(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}

/** Seconds and nanoseconds: a plain number might be taken for one of `performance.now()`. */
function timeOf(ms: number): HrTime {
  const seconds = Math.floor(ms / 1000);
  return [seconds, Math.round((ms - seconds * 1000) * 1e6)];
}
