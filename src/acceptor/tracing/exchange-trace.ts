import type { MonotonicMs } from '../../brand.ts';
import type { ErrorCode } from '../../errors/table.ts';
import { renderTraceparent } from '../../telemetry/tracing/trace-context.ts';
import type { TraceIds } from '../../telemetry/tracing/trace-ids.ts';

/** One attempt of a traced exchange at an upstream: a span of its own. */
export class AttemptTrace {
  readonly spanId: string;
  readonly startedAt: MonotonicMs;
  /** 0: not yet; the exchange's end is then its own. */
  endedAt = 0 as MonotonicMs;
  endpoint: string | null = null;
  /** 0: no response. */
  status = 0;
  error: ErrorCode | null = null;

  constructor(spanId: string, startedAt: MonotonicMs) {
    this.spanId = spanId;
    this.startedAt = startedAt;
  }
}

export interface TraceParts {
  readonly traceId: string;
  readonly spanId: string;
  /** Null: the trace begins here. */
  readonly parentId: string | null;
  readonly traceState: string | null;
  readonly sampled: boolean;
  readonly headers: readonly string[];
}

/** The trace of one exchange, while tracing is on: its place in the trace, and what its spans will be made from. */
export class ExchangeTrace implements TraceParts {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentId: string | null;
  readonly traceState: string | null;
  /** What the upstream is told. An exchange that fails may be exported all the same. */
  readonly sampled: boolean;
  /** The client's headers without its trace context. Names and values alternate. */
  readonly headers: readonly string[];
  readonly attempts: AttemptTrace[] = [];
  readonly #ids: TraceIds;
  #attempt: AttemptTrace | null = null;

  constructor({ traceId, spanId, parentId, traceState, sampled, headers }: TraceParts, ids: TraceIds) {
    this.traceId = traceId;
    this.spanId = spanId;
    this.parentId = parentId;
    this.traceState = traceState;
    this.sampled = sampled;
    this.headers = headers;
    this.#ids = ids;
  }

  /** The lines that hand the trace on to an upstream, each with its CRLF: the attempt's span is the parent there. */
  headerLines(): string {
    const traceparent = renderTraceparent(this.traceId, this.#attempt?.spanId ?? this.spanId, this.sampled);
    const traceState = this.traceState === null ? '' : `tracestate: ${this.traceState}\r\n`;
    return `traceparent: ${traceparent}\r\n${traceState}`;
  }

  beginAttempt(now: MonotonicMs): void {
    this.#attempt = new AttemptTrace(this.#ids.spanId(), now);
    this.attempts.push(this.#attempt);
  }

  /** The attempt has a connection to this endpoint, or could not get one. */
  onEndpoint(name: string): void {
    this.#attempt!.endpoint = name;
  }

  onResponseHead(status: number): void {
    this.#attempt!.status = status;
  }

  /** The attempt has ended. @param error why it failed; null: it brought a response, whatever was made of that */
  endAttempt(now: MonotonicMs, error: ErrorCode | null): void {
    if (this.#attempt === null) return;
    this.#attempt.endedAt = now;
    this.#attempt.error = error;
    this.#attempt = null;
  }
}
