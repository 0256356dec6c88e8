import type { Millis } from '../brand.ts';
import type { Limiter, LimitWindow, RateLimits } from '../decision/policies/host.ts';
import { type BucketLimit, type Salt, TokenBuckets } from './token-buckets.ts';

/** Ticks a token is divided into, at most; so that slow limits are told apart to some milliseconds. */
const MOST_TICKS_PER_TOKEN = 2 ** 18;
/** A process may stand still for half of 2^32 of them between looking at the clock and at a bucket: for 512 s. */
const MOST_TICKS_PER_SECOND = 2 ** 22;
/** A full burst must be far from going round. */
const MOST_TICKS_OWED = 2 ** 28;

/** One limit over one length of time, in the ticks of its own. */
class Window implements BucketLimit {
  readonly salt: Salt;
  readonly tokenTicks: number;
  /** What a bucket may owe: all of its burst, and what may be waited for. */
  readonly mostTicks: number;
  readonly burstTicks: number;
  readonly ticksPerMs: number;
  readonly msPerTick: number;
  // The token that was taken last.
  at = 0;
  before = 0n;
  after = 0n;

  constructor(salt: Salt, { requests, per, burst }: LimitWindow, upTo: Millis) {
    const perSecond = (requests * 1000) / per;
    const delayTokens = (upTo * requests) / per;
    const wanted = Math.min(MOST_TICKS_PER_SECOND / perSecond, MOST_TICKS_OWED / (burst + delayTokens + 1));
    this.salt = salt;
    this.tokenTicks = Math.max(1, Math.min(MOST_TICKS_PER_TOKEN, Math.floor(wanted)));
    this.ticksPerMs = (this.tokenTicks * requests) / per;
    this.msPerTick = 1 / this.ticksPerMs;
    this.burstTicks = burst * this.tokenTicks;
    this.mostTicks = this.burstTicks + Math.floor(upTo * this.ticksPerMs);
  }
}

/** Rate limits over buckets that all acceptors share. */
export class RateLimiter implements Limiter {
  window = 0;
  remaining = 0;
  resetMs = 0 as Millis;
  readonly #buckets: TokenBuckets;
  readonly #windows: readonly Window[];

  constructor(buckets: TokenBuckets, scope: string, windows: readonly LimitWindow[], upTo: Millis) {
    this.#buckets = buckets;
    // A limit that was changed begins anew: what its bucket held was in other ticks.
    this.#windows = windows.map(
      (window) => new Window(buckets.hashOf(JSON.stringify([scope, window, upTo])), window, upTo),
    );
  }

  take(key: string, now: Millis): Millis {
    this.#buckets.aim(key);
    const nowSeconds = Math.floor(now / 1000);
    return this.#windows.length === 1
      ? this.#takeOne(this.#windows[0]!, now, nowSeconds)
      : this.#takeAll(now, nowSeconds);
  }

  #takeOne(window: Window, now: Millis, nowSeconds: number): Millis {
    this.window = 0;
    const owed = this.#takeFrom(window, now, nowSeconds);
    const over = owed - window.mostTicks;
    this.remaining = over > 0 ? 0 : remainingOf(window, owed);
    if (over > 0) {
      this.resetMs = (over * window.msPerTick) as Millis;
      return -this.resetMs as Millis;
    }
    this.resetMs = (owed * window.msPerTick) as Millis;
    return waitOf(window, owed);
  }

  /** Looks at every window before it takes from any, and takes back when another acceptor took the last token in between. */
  #takeAll(now: Millis, nowSeconds: number): Millis {
    const refusal = this.#refusal(now, nowSeconds);
    if (refusal < 0) return refusal;
    let wait = 0;
    this.remaining = Number.POSITIVE_INFINITY;
    for (let i = 0; i < this.#windows.length; i++) {
      const window = this.#windows[i]!;
      const owed = this.#takeFrom(window, now, nowSeconds);
      if (owed > window.mostTicks) {
        for (let k = 0; k < i; k++) this.#takeBack(this.#windows[k]!);
        this.window = i;
        return this.#refused((owed - window.mostTicks) * window.msPerTick);
      }
      wait = Math.max(wait, waitOf(window, owed));
      const remaining = remainingOf(window, owed);
      if (remaining >= this.remaining) continue;
      this.window = i;
      this.remaining = remaining;
      this.resetMs = (owed * window.msPerTick) as Millis;
    }
    return wait as Millis;
  }

  /** The longest wait that any of the windows asks for, negative; 0: none does. */
  #refusal(now: Millis, nowSeconds: number): Millis {
    let longest = 0;
    for (let i = 0; i < this.#windows.length; i++) {
      const window = this.#windows[i]!;
      const owed = this.#buckets.owed(window, ticksOf(window, now), nowSeconds) + window.tokenTicks;
      const ms = (owed - window.mostTicks) * window.msPerTick;
      if (ms <= longest) continue;
      longest = ms;
      this.window = i;
    }
    return longest === 0 ? (0 as Millis) : this.#refused(longest);
  }

  #refused(ms: number): Millis {
    this.remaining = 0;
    this.resetMs = ms as Millis;
    return -ms as Millis;
  }

  #takeFrom(window: Window, now: Millis, nowSeconds: number): number {
    const owed = this.#buckets.take(window, ticksOf(window, now), nowSeconds);
    if (this.#windows.length > 1 && owed <= window.mostTicks) {
      window.at = this.#buckets.lastAt;
      window.before = this.#buckets.lastBefore;
      window.after = this.#buckets.lastAfter;
    }
    return owed;
  }

  #takeBack({ at, before, after }: Window): void {
    this.#buckets.takeBack(at, before, after);
  }
}

/** Modulo 2^32. */
function ticksOf({ ticksPerMs }: Window, now: Millis): number {
  return Math.floor(now * ticksPerMs) | 0;
}

function remainingOf({ burstTicks, tokenTicks }: Window, owed: number): number {
  return Math.max(0, Math.floor((burstTicks - owed) / tokenTicks));
}

function waitOf({ burstTicks, msPerTick }: Window, owed: number): Millis {
  return Math.max(0, (owed - burstTicks) * msPerTick) as Millis;
}

/** The buckets of a memory, for policies. */
export class SharedRateLimits implements RateLimits {
  readonly #buckets: TokenBuckets;

  constructor(memory: SharedArrayBuffer) {
    this.#buckets = new TokenBuckets(memory);
  }

  limiter(scope: string, windows: readonly LimitWindow[], upTo: Millis): Limiter {
    return new RateLimiter(this.#buckets, scope, windows, upTo);
  }
}
