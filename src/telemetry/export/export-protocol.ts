/**
 * What an acceptor and its export thread say to each other. The thread makes spans and log records of it and exports them; the
 * acceptor never waits for it.
 *
 *   acceptor ── spans, lines ──► thread ── OTLP/HTTP ──► collector
 *       ▲                          │ COUNT words: what became of them, so that the acceptor knows how much is on its way
 *       └──────────────────────────┘ trouble: a sentence, when exporting begins to fail and when it works again
 */
import type { CompiledTracing, OtlpTarget } from '../../config/compiled-telemetry.ts';

/** One attempt at an upstream. Times: milliseconds since the epoch, with fractions. */
export interface AttemptFacts {
  readonly spanId: string;
  readonly startMs: number;
  readonly endMs: number;
  /** `http://host:port`; null when no connection was made. */
  readonly endpoint: string | null;
  /** 0: there was no response. */
  readonly status: number;
  /** Why it failed; null when it did not. */
  readonly error: string | null;
}

/** One exchange that is exported. Times as in AttemptFacts. */
export interface TraceFacts {
  readonly traceId: string;
  readonly spanId: string;
  /** Null: the trace began here. */
  readonly parentId: string | null;
  readonly traceState: string | null;
  readonly startMs: number;
  readonly endMs: number;
  readonly requestId: string;
  readonly method: string;
  readonly scheme: string;
  readonly host: string;
  readonly path: string;
  /** Path as the upstream was sent it, without query; null: it never was. */
  readonly upstreamPath: string | null;
  /** Null: not to be exported. */
  readonly clientIp: string | null;
  /** Pattern of the route's path, and its name; null when there was no route. */
  readonly pattern: string | null;
  readonly route: string | null;
  readonly upstream: string | null;
  readonly consumer: string | null;
  readonly status: number;
  readonly error: string | null;
  /** The gateway or what is behind it is to blame. */
  readonly hasFailed: boolean;
  readonly gatewayMs: number;
  readonly upstreamMs: number;
  readonly transferMs: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly attempts: readonly AttemptFacts[];
}

export type ToExportThread =
  | { readonly kind: 'spans'; readonly facts: readonly TraceFacts[] }
  /** Whole lines of the access log. */
  | { readonly kind: 'lines'; readonly chunk: string }
  /** Export what is left, then end. */
  | { readonly kind: 'close' };

export type FromExportThread = {
  readonly kind: 'trouble';
  readonly of: ExportedKind;
  /** Why exporting fails; null: it works again. */
  readonly reason: string | null;
};

export type ExportedKind = 'spans' | 'lines';

/** Words, 64-bit floats, that the thread alone writes: what it has been given is exported or failed in the end. */
export const COUNT = { SPANS_EXPORTED: 0, SPANS_FAILED: 1, LINES_EXPORTED: 2, LINES_FAILED: 3 } as const;
export const COUNT_WORDS = 4;

export type CountWord = (typeof COUNT)[keyof typeof COUNT];

/** How the thread is started. */
export interface ExportOptions {
  readonly serviceName: string;
  readonly version: string;
  /** Names this acceptor among others of the service. */
  readonly instance: string;
  readonly traces: CompiledTracing['to'] | null;
  readonly logs: OtlpTarget | null;
}

export interface ExportThreadData {
  readonly options: ExportOptions;
  /** COUNT words. */
  readonly counts: SharedArrayBuffer;
}

/** What may be on its way at most; what comes on top is dropped. Some 10 MB each, however slow the collector is. */
export const MOST_SPANS = 8192;
export const MOST_LINES = 8192;
