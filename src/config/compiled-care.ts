/** What acceptors and the supervisor do to keep an upstream usable when some of its endpoints are not: plain data, as compiled.ts. */
import type { Millis, UpstreamId } from '../brand.ts';

/** Pairs of first and last status: 200 to 399 is `[200, 399]`. */
export type StatusRanges = readonly (readonly [first: number, last: number])[];

/** The supervisor asks each endpoint, again and again. */
export interface ActiveHealth {
  readonly path: string;
  readonly method: 'GET' | 'HEAD' | 'OPTIONS';
  /** The Host header; null: the endpoint's. */
  readonly host: string | null;
  readonly every: Millis;
  readonly timeout: Millis;
  /** Answers in a row that make an unhealthy endpoint healthy. */
  readonly healthyAfter: number;
  /** Failures in a row that make a healthy one unhealthy. */
  readonly unhealthyAfter: number;
  readonly expect: StatusRanges;
}

/** Acceptors watch the exchanges they have with an endpoint anyway. */
export interface PassiveHealth {
  /** Failures in a row that eject an endpoint, none of them older than `within`. */
  readonly failures: number;
  readonly within: Millis;
  /** Of the first ejection; each that follows soon is twice as long, up to LONGEST_EJECTION or this, whichever is longer. */
  readonly ejectFor: Millis;
  /** Share of the endpoints that may be ejected at one time, 0 to 1. */
  readonly maxEjected: number;
  /** Statuses that count as failures, beside connections that fail, are reset, or take too long. */
  readonly statuses: StatusRanges;
}

export interface CircuitRules {
  /** Share of the exchanges in the window that have to fail, 0 to 1. */
  readonly failures: number;
  /** With fewer exchanges in the window the circuit stays closed. */
  readonly minRequests: number;
  readonly window: Millis;
  readonly openFor: Millis;
  /** Requests let through to see whether the endpoint has recovered; all have to succeed. */
  readonly halfOpenRequests: number;
  readonly statuses: StatusRanges;
}

export interface UpstreamCare {
  readonly active: ActiveHealth | null;
  readonly passive: PassiveHealth | null;
  /** Whether endpoints that are all unhealthy are tried nevertheless. */
  readonly whenAllUnhealthy: 'try' | 'refuse';
  readonly circuit: CircuitRules | null;
  /** Requests in flight over all acceptors; 0: no limit. */
  readonly limits: { readonly inFlight: number; readonly perEndpoint: number };
}

/** What of a request stands for the client, or for what is asked for: equal keys go to the same place. */
export type KeySource =
  | { readonly by: 'header'; readonly name: string }
  | { readonly by: 'cookie'; readonly name: string }
  | { readonly by: 'ip' }
  | { readonly by: 'path' }
  | { readonly by: 'query' };

/** One of several upstreams that share the requests of a route. */
export interface SplitChoice {
  readonly upstream: UpstreamId;
  readonly name: string;
  /** Share of the requests, relative to the others; 0: only those that are held to it. */
  readonly weight: number;
  /** What the sticky cookie says for this one; the same over reloads. */
  readonly token: string;
}

export interface Split {
  readonly choices: readonly SplitChoice[];
  readonly sticky: { readonly by: 'cookie' | 'header'; readonly name: string } | null;
}

/** What failures are worth another attempt, beyond `forward.retries`. */
export interface RetryRules {
  readonly connect: boolean;
  readonly reset: boolean;
  readonly timeout: boolean;
  readonly statuses: readonly number[];
  /** Retries may be at most this share of the requests of an upstream in an acceptor; 1: any number. */
  readonly budget: number;
  /** Null: at once. */
  readonly backoff: { readonly base: Millis; readonly max: Millis } | null;
}
