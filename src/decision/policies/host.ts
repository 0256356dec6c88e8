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
  readonly keySets: KeySets;
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

export interface Clock {
  /** Milliseconds since the epoch: what tokens, dates and quotas go by. */
  wall(): Millis;
  /** Milliseconds that never go back, the same in all processes of one machine: what limits go by. */
  monotonic(): Millis;
}
