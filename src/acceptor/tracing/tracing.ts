import type { CompiledTracing } from '../../config/compiled-telemetry.ts';
import { ERRORS } from '../../errors/table.ts';
import type { TraceFacts } from '../../telemetry/export/export-protocol.ts';
import { continueTracestate, parseTraceparent, type TraceParent } from '../../telemetry/tracing/trace-context.ts';
import { TraceIds } from '../../telemetry/tracing/trace-ids.ts';
import type { ExchangeState } from '../exchange-state.ts';
import type { Downstream } from '../listener/downstream.ts';
import { ExchangeTrace } from './exchange-trace.ts';
import { factsOf } from './facts-of.ts';

/** How long the facts of an exchange wait at most for others to be handed over with. */
const GATHER_MS = 100;
/** Exchanges that are handed over together at most. */
const BATCH = 128;

/** Who takes the facts; see ExportThread. */
interface SpanReceiver {
  sendSpans(facts: readonly TraceFacts[], spans: number): void;
}

/**
 * Begins and ends the traces of an acceptor's exchanges.
 *
 *   request head ──► begin: continue or begin a trace, decide whether it is sampled
 *   the end      ──► end: sampled, or failed where `errors: always` ──► facts ──► export thread
 */
export class Tracing {
  readonly #rules: CompiledTracing;
  readonly #receiver: SpanReceiver;
  readonly #random: () => number;
  readonly #ids = new TraceIds();
  readonly #gather = () => this.#collect();
  readonly #flush = () => this.#handOver();
  #ended: ExchangeState[] = [];
  #facts: TraceFacts[] = [];
  #spans = 0;
  #flushTimer: NodeJS.Timeout | null = null;

  /** @param random from 0 on, below 1 */
  constructor(rules: CompiledTracing, receiver: SpanReceiver, random: () => number = Math.random) {
    this.#rules = rules;
    this.#receiver = receiver;
    this.#random = random;
  }

  begin(downstream: Downstream): ExchangeTrace {
    const { head } = downstream;
    // Of a head that could not be read nothing is known for sure.
    const isReadable = head.fault === null;
    const given = isReadable ? joinedHeader(head.headers, 'traceparent') : null;
    const parent = given === null ? null : parseTraceparent(given);
    const state = parent === null ? null : joinedHeader(head.headers, 'tracestate');
    const parts = {
      traceId: parent === null ? this.#ids.traceId() : parent.traceId,
      spanId: this.#ids.spanId(),
      parentId: parent === null ? null : parent.parentId,
      traceState: state === null ? null : continueTracestate(state),
      sampled: this.#isSampled(parent, downstream),
      headers: isReadable ? withoutContext(head.headers) : [],
    };
    return new ExchangeTrace(parts, this.#ids);
  }

  /** Takes an exchange that has ended; it must stay as it is. What is exported of it is gathered once the sockets are served. */
  end(exchange: ExchangeState): void {
    if (!exchange.trace!.sampled && (this.#rules.errors === 'sampled' || !hasFailed(exchange))) return;
    if (this.#ended.push(exchange) === 1) setImmediate(this.#gather);
  }

  /** Hands over what has been gathered. */
  flush(): void {
    this.#collect();
    this.#handOver();
  }

  #isSampled(parent: TraceParent | null, { head, listener }: Downstream): boolean {
    const { sample, header, trust } = this.#rules;
    if (header !== null && head.fault === null) {
      const value = joinedHeader(head.headers, header.name);
      if (value !== null && (header.value === null || header.value === value)) return true;
    }
    if (parent !== null && trust !== 'none') {
      // As for X-Forwarded-*: whoever may open a unix socket was let in by the operator.
      if (trust === 'all' || head.peer === '' || listener.trustedProxies.has(head.peer)) return parent.sampled;
    }
    return this.#random() < sample;
  }

  #collect(): void {
    const ended = this.#ended;
    if (ended.length === 0) return;
    this.#ended = [];
    const epochOffsetMs = Date.now() - performance.now();
    for (const exchange of ended) {
      const facts = factsOf(exchange, this.#rules.clientAddress, hasFailed(exchange), epochOffsetMs);
      this.#spans += 1 + facts.attempts.length;
      if (this.#facts.push(facts) >= BATCH) this.#handOver();
    }
    if (this.#facts.length > 0) this.#flushTimer ??= setTimeout(this.#flush, GATHER_MS);
  }

  #handOver(): void {
    if (this.#flushTimer !== null) clearTimeout(this.#flushTimer);
    this.#flushTimer = null;
    if (this.#facts.length === 0) return;
    this.#receiver.sendSpans(this.#facts, this.#spans);
    this.#facts = [];
    this.#spans = 0;
  }
}

/** Whether the gateway, or what is behind it, is to blame: what a client does wrong is no failure. */
function hasFailed({ status, error }: ExchangeState): boolean {
  return status >= 500 || (error !== null && ERRORS[error].source !== 'downstream');
}

/** All lines of a header joined by commas, or null. */
function joinedHeader(headers: readonly string[], name: string): string | null {
  let joined: string | null = null;
  for (let i = 0; i < headers.length; i += 2) {
    if (headers[i] === name) joined = joined === null ? headers[i + 1]! : `${joined},${headers[i + 1]}`;
  }
  return joined;
}

/** The headers themselves where they hold no trace context. */
function withoutContext(headers: readonly string[]): readonly string[] {
  if (!headers.includes('traceparent') && !headers.includes('tracestate')) return headers;
  const kept: string[] = [];
  for (let i = 0; i < headers.length; i += 2) {
    if (headers[i] !== 'traceparent' && headers[i] !== 'tracestate') kept.push(headers[i]!, headers[i + 1]!);
  }
  return kept;
}
