import {
  type Attributes,
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
import type { AttemptFacts, TraceFacts } from './export-protocol.ts';

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
    this.#ids.traceId = facts.traceId;
    this.#ids.spanId = facts.spanId;
    const isKnown = KNOWN_METHODS.has(facts.method);
    const verb = isKnown ? facts.method : 'HTTP';
    const method = isKnown
      ? { 'http.request.method': facts.method }
      : { 'http.request.method': '_OTHER', 'http.request.method_original': facts.method };
    const span = this.#tracer.startSpan(
      facts.pattern === null ? verb : `${verb} ${facts.pattern}`,
      {
        kind: SpanKind.SERVER,
        startTime: timeOf(facts.startMs),
        attributes: { ...method, ...serverAttributes(facts) },
      },
      parentOf(facts),
    );
    const below = trace.setSpan(ROOT_CONTEXT, span);
    facts.attempts.forEach((attempt, index) => {
      this.#ids.spanId = attempt.spanId;
      const options = {
        kind: SpanKind.CLIENT,
        startTime: timeOf(attempt.startMs),
        attributes: { ...method, ...clientAttributes(attempt, index, facts) },
      };
      const client = this.#tracer.startSpan(verb, options, below);
      end(client, attempt.error ?? (attempt.status >= 400 ? String(attempt.status) : null), attempt.endMs);
    });
    end(span, facts.hasFailed ? (facts.error ?? String(facts.status)) : null, facts.endMs);
  }
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

function serverAttributes(facts: TraceFacts): Attributes {
  return withoutNulls({
    'http.route': facts.pattern,
    'url.path': facts.path,
    'url.scheme': facts.scheme,
    'server.address': facts.host,
    'client.address': facts.clientIp,
    'http.response.status_code': facts.status === 0 ? null : facts.status,
    'http.request.body.size': facts.bytesIn,
    'http.response.body.size': facts.bytesOut,
    'penstock.request_id': facts.requestId,
    'penstock.route': facts.route,
    'penstock.upstream': facts.upstream,
    'penstock.consumer': facts.consumer,
    'penstock.error': facts.error,
    'penstock.gateway_ms': rounded(facts.gatewayMs),
    'penstock.upstream_ms': rounded(facts.upstreamMs),
    'penstock.transfer_ms': rounded(facts.transferMs),
  });
}

function clientAttributes({ endpoint, status }: AttemptFacts, index: number, facts: TraceFacts): Attributes {
  const url = endpoint === null ? null : new URL(endpoint);
  return withoutNulls({
    'url.full': url === null || facts.upstreamPath === null ? null : `${endpoint}${facts.upstreamPath}`,
    'server.address': url === null ? null : url.hostname.replace(/^\[|\]$/g, ''),
    'server.port': url === null ? null : Number(url.port) || (url.protocol === 'https:' ? 443 : 80),
    'http.response.status_code': status === 0 ? null : status,
    'http.request.resend_count': index === 0 ? null : index,
    'penstock.upstream': facts.upstream,
  });
}

function withoutNulls(attributes: Readonly<Record<string, string | number | null>>): Attributes {
  return Object.fromEntries(Object.entries(attributes).filter(([, value]) => value !== null)) as Attributes;
}

function rounded(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}

/** Seconds and nanoseconds: a plain number might be taken for one of `performance.now()`. */
function timeOf(ms: number): HrTime {
  const seconds = Math.floor(ms / 1000);
  return [seconds, Math.round((ms - seconds * 1000) * 1e6)];
}
