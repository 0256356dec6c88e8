/**
 * What a policy may ask of whoever runs it. An acceptor gives it the counters all acceptors share; `explain`, `test` and `diff` give
 * it counters of their own that begin empty. Nothing here waits: what has to wait is an effect.
 */
import type { Bytes, Millis } from '../../brand.ts';
import type { Consumers } from '../consumers.ts';
import type { ResponseStore } from './cache/response-store.ts';

export interface PolicyHost {
  /** Names this policy's place in the config, the same in every acceptor and over reloads: what it counts is kept under it. */
  readonly scope: string;
  readonly consumers: Consumers;
  readonly clock: Clock;
  /** From 0 up to, not including, 1. */
  readonly random: () => number;
  readonly keySets: KeySets;
  readonly sideRequests: SideRequests;
  readonly rateLimits: RateLimits;
  readonly flights: Flights;
  /** For effects that must not take for ever. */
  readonly timers: Timers;
  /** What caches have stored: one for all of them, which outlives policies and reloads. */
  readonly responses: ResponseStore;
  readonly passwords: Passwords;
  readonly quotas: Quotas;
}

/** Key sets that somebody else fetches. */
export interface KeySets {
  /** @param url one that the compiled config names */
  open(url: string): KeySetHandle;
}

export interface KeySetHandle {
  /** The newest keys; another object when they are others. Null: they could not be had yet, or are too old. */
  readonly current: KeySet | null;
  /** Says that a token has named a key that `current` does not hold. */
  reportUnknown(kid: string): void;
}

export interface KeySet {
  /** JSON Web Keys (RFC 7517). */
  readonly keys: readonly Readonly<Record<string, unknown>>[];
}

export interface Timers {
  /** Calls after that time, in milliseconds, and never before it has returned. @returns what cancels it */
  after(ms: number, then: () => void): () => void;
}

/** What a check of a password came to. */
export const PASSWORD = { WRONG: 0, RIGHT: 1, OVERLOADED: 2 } as const;
export type PasswordResult = (typeof PASSWORD)[keyof typeof PASSWORD];

/** Checks that are slow on purpose, of which only so many go on at a time. */
export interface Passwords {
  /** Whether this very password was found right against these hashes a short while ago. */
  remembers(password: string, hashes: readonly string[]): boolean;
  /** OVERLOADED: too many checks are under way already. */
  check(password: string, hashes: readonly string[]): Promise<PasswordResult>;
}

/** What `Quotas.take` returns in place of what is left. */
export const QUOTA = { EXCEEDED: -1, UNAVAILABLE: -2 } as const;

/** Counters that outlive the gateway, shared by all acceptors. */
export interface Quotas {
  /**
   * Takes one from a counter that begins full.
   *
   * @param counter its name, whatever a client put into it
   * @param windowEnd when it is of no more use; part of its name
   * @returns how many are left, as far as this acceptor knows, or one of QUOTA
   */
  take(counter: string, limit: number, windowEnd: Millis, now: Millis): number;
}

export interface Clock {
  /** Milliseconds since the epoch: what tokens, dates and quotas go by. */
  wall(): Millis;
  /** Milliseconds that never go back, the same in all processes of one machine: what limits go by. */
  monotonic(): Millis;
}

/** A request that no client waits for: a copy for another upstream, or a stored response that is asked for anew. */
export interface SideRequest {
  /** Name of an upstream. */
  readonly upstream: string;
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  /** Null: the endpoint's own. */
  readonly host: string | null;
  /** Lower-case names and values alternate; framing and Via are made by whoever sends it. */
  readonly headers: readonly string[];
  /** Null: none. */
  readonly body: Buffer | null;
  /** For all of it, the wait for a connection included. */
  readonly timeoutMs: Millis;
  /** A response with a longer body is none. Null: its body is not wanted, however long. */
  readonly maxResponseBytes: Bytes | null;
}

export interface SideResponse {
  readonly status: number;
  /** Lower-case names and values alternate, Date included; no hop-by-hop headers. */
  readonly headers: readonly string[];
  readonly body: Buffer;
}

/** Sends requests beside the one that is decided about. Nothing that becomes of them holds up an exchange. */
export interface SideRequests {
  /**
   * @param onResponse called once, in a later turn of the loop: with the response, or null when there is none. Left out:
   *   whatever comes is dropped
   * @returns false: too many are under way already, or there is no such upstream. Nothing is sent then, nor called
   */
  send(request: SideRequest, onResponse?: (response: SideResponse | null) => void): boolean;
}

/** Token buckets that all acceptors share; they outlive reloads and acceptors. */
export interface RateLimits {
  /**
   * @param scope names the limits among all others
   * @param upTo how long a request may be made to wait for its token; 0: it is not
   */
  limiter(scope: string, windows: readonly LimitWindow[], upTo: Millis): Limiter;
}

/** So many requests in that time, and so many of them at once. */
export interface LimitWindow {
  readonly requests: number;
  readonly per: Millis;
  readonly burst: number;
}

/** Several windows that a request must pass all. The fields tell of the last `take`, until the next one. */
export interface Limiter {
  /**
   * Takes a token from each window of a key, or from none.
   *
   * @returns 0: go on; more: go on after that time, the tokens are taken; less: there is none, and the first comes after minus that
   */
  take(key: string, now: Millis): Millis;
  /** Index of the window with the fewest tokens left, or that refused for longest. */
  readonly window: number;
  /** Tokens left in it. */
  readonly remaining: number;
  /** Until it is full again; after a refusal, until the next token. */
  readonly resetMs: Millis;
}

/** Counts of what is in flight, over all acceptors. */
export interface Flights {
  /** @param scope names the limit among all others */
  gate(scope: string, options: GateOptions): Gate;
}

export interface GateOptions {
  /** Places of one key. */
  readonly limit: number;
  /** Requests of one acceptor that may wait, over all keys. */
  readonly queue: number;
  /** How long each may. */
  readonly timeout: Millis;
}

/** One limit of what is in flight. */
export interface Gate {
  /** Takes a place of a key, unless there is none, or others wait for it. */
  enter(key: string): Place | null;
  /** Null: there is no room in the queue. Otherwise resolves to a place, in the order of the calls, or to null after the timeout. */
  wait(key: string, signal: AbortSignal): Promise<Place | null> | null;
}

/** A place that was taken. */
export interface Place {
  /** Says that whoever waited has heard of it: a place that is not kept is given back when the wait is called off. */
  keep(): void;
  /** Gives it back. */
  leave(): void;
}
