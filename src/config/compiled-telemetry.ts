/** The part of a compiled config that says what is told about exchanges and about the gateway itself, and where. */
import type { Bytes, Millis } from '../brand.ts';
import type { LogLevel } from './schema/log-level.ts';

/** Where an OTLP collector takes one kind of data over HTTP. */
export interface OtlpTarget {
  readonly url: string;
  /** Sent with every export. Values may be secrets: they are never shown. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** One export with all its retries. */
  readonly timeout: Millis;
}

export interface AccessLogTarget {
  /** Absolute path, or null for stdout or `otlp`. */
  readonly file: string | null;
  /** Share of the exchanges that get a line, 0 to 1; those with a gateway error always do. */
  readonly sample: number;
  /** When the supervisor begins a new file; null: never. */
  readonly rotate: LogRotationRules | null;
  /** Null: stdout or `file`. */
  readonly otlp: OtlpTarget | null;
}

export interface LogRotationRules {
  readonly size: Bytes;
  /** Old files: `.1` is the newest. */
  readonly keep: number;
}

/** Which exchanges become spans, and what the spans say. */
export interface CompiledTracing {
  readonly to: OtlpTarget;
  /** Share of the traces that begin here, 0 to 1. */
  readonly sample: number;
  /** Failed exchanges are exported also when they were not sampled. */
  readonly errors: 'always' | 'sampled';
  /** A request header that has its exchange sampled; null: none. */
  readonly header: { readonly name: string; readonly value: string | null } | null;
  /** Whose `sampled` flag decides: nobody's, that of trusted proxies, everybody's. */
  readonly trust: 'none' | 'trustedProxies' | 'all';
  readonly clientAddress: boolean;
}

/** How the gateway's own messages are written to standard error. */
export interface GatewayLogRules {
  readonly format: 'text' | 'json';
  readonly level: LogLevel;
}

export interface CompiledTelemetry {
  readonly accessLog: AccessLogTarget | null;
  /** Null: off. */
  readonly tracing: CompiledTracing | null;
  readonly log: GatewayLogRules;
  /** What this gateway is called where spans and log records are collected. */
  readonly serviceName: string;
}
