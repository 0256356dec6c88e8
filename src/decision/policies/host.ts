/**
 * What a policy may ask of whoever runs it. An acceptor gives it the counters all acceptors share; `explain`, `test` and `diff` give
 * it counters of their own that begin empty. Nothing here waits: what has to wait is an effect.
 */
import type { Millis } from '../../brand.ts';
import type { Consumers } from '../consumers.ts';

export interface PolicyHost {
  /** Names this policy's place in the config, the same in every acceptor and over reloads: what it counts is kept under it. */
  readonly scope: string;
  readonly consumers: Consumers;
  readonly clock: Clock;
  /** From 0 up to, not including, 1. */
  readonly random: () => number;
  readonly passwords: Passwords;
  readonly quotas: Quotas;
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
