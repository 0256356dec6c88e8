/**
 * What a policy may ask of whoever runs it. An acceptor gives it the counters all acceptors share; `explain`, `test` and `diff` give
 * it counters of their own that begin empty. Nothing here waits: what has to wait is an effect.
 */
import type { Millis } from '../../brand.ts';
import type { Consumers } from '../consumers.ts';
import type { ResponseStore } from './cache/response-store.ts';

export interface PolicyHost {
  /** Names this policy's place in the config, the same in every acceptor and over reloads: what it counts is kept under it. */
  readonly scope: string;
  readonly consumers: Consumers;
  readonly clock: Clock;
  /** From 0 up to, not including, 1. */
  readonly random: () => number;
  /** For effects that must not take for ever. */
  readonly timers: Timers;
  /** What caches have stored: one for all of them, which outlives policies and reloads. */
  readonly responses: ResponseStore;
}

export interface Timers {
  /** Calls after that time, in milliseconds, and never before it has returned. @returns what cancels it */
  after(ms: number, then: () => void): () => void;
}

export interface Clock {
  /** Milliseconds since the epoch: what tokens, dates and quotas go by. */
  wall(): Millis;
  /** Milliseconds that never go back, the same in all processes of one machine: what limits go by. */
  monotonic(): Millis;
}
