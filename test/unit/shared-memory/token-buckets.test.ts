import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Millis } from '../../../src/brand.ts';
import type { LimitWindow } from '../../../src/decision/policies/host.ts';
import { SharedRateLimits } from '../../../src/shared-memory/rate-limiter.ts';
import { bucketBytes, bucketEvictions, seedBuckets } from '../../../src/shared-memory/token-buckets.ts';

const DAY = 86_400_000;
const NO_DELAY = 0 as Millis;

const table = (keys = 1000): SharedArrayBuffer => {
  const memory = new SharedArrayBuffer(bucketBytes(keys));
  seedBuckets(memory, Int32Array.of(0x1234567, -0x7654321));
  return memory;
};

const limiterOf = (memory: SharedArrayBuffer, windows: readonly LimitWindow[], scope = 'scope', upTo = NO_DELAY) =>
  new SharedRateLimits(memory).limiter(scope, windows, upTo);

const windows = fc.record({
  requests: fc.integer({ min: 1, max: 1000 }),
  per: fc.constantFrom(1000, 60_000, 3_600_000, DAY).map((ms) => ms as Millis),
  burst: fc.integer({ min: 1, max: 50 }),
});

/** Steps of a clock in shares of a token's time: bursts, pauses, and pauses after which the ticks have gone round. */
const steps = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.constant(0) },
    { weight: 4, arbitrary: fc.double({ min: 0, max: 3, noNaN: true }) },
    { weight: 1, arbitrary: fc.double({ min: 0, max: 1e7, noNaN: true }) },
  ),
  { maxLength: 150 },
);

/** In milliseconds: the second in which a bucket is full again has 31 bits, and a clock begins with its machine. */
const CLOCK_ENDS = (2 ** 31 - 86_400) * 1000;

/** A bucket of tokens, made the simple way. */
class Model {
  tokens: number;
  at: number;
  readonly #window: LimitWindow;

  constructor(window: LimitWindow, now: number) {
    this.#window = window;
    this.tokens = window.burst;
    this.at = now;
  }

  pass(now: number): number {
    const { requests, per, burst } = this.#window;
    this.tokens = Math.min(burst, this.tokens + ((now - this.at) * requests) / per);
    this.at = now;
    return this.tokens;
  }
}

describe('token buckets', () => {
  it('admit what a simple bucket admits, but for a share of a token, over bursts, pauses and ticks that go round', () => {
    fc.assert(
      fc.property(windows, steps, fc.nat(1e9), (window, pauses, start) => {
        const limiter = limiterOf(table(), [window]);
        const model = new Model(window, start);
        let now = start;
        for (const pause of pauses) {
          now += (pause * window.per) / window.requests;
          if (now >= CLOCK_ENDS) break;
          const tokens = model.pass(now);
          const wait = limiter.take('key', now as Millis);
          if (tokens > 1.01) assert.equal(wait, 0, `${tokens} tokens`);
          if (tokens < 0.99) assert.ok(wait < 0, `${tokens} tokens`);
          if (wait === 0) {
            model.tokens -= 1;
            assert.ok(Math.abs(limiter.remaining - Math.floor(model.tokens)) <= 1);
          } else {
            assert.ok(
              Math.abs(-wait - ((1 - tokens) * window.per) / window.requests) <= 0.01 * (window.per / window.requests),
            );
          }
        }
      }),
    );
  });

  it('never admit more than burst + rate x time, also when processes look at the clock at different times', () => {
    fc.assert(
      fc.property(windows, steps, fc.array(fc.double({ min: 0, max: 2, noNaN: true })), (window, pauses, lags) => {
        const memory = table();
        const processes = [limiterOf(memory, [window]), limiterOf(memory, [window])];
        const start = 5000;
        let now = start;
        let admitted = 0;
        for (const [i, pause] of pauses.entries()) {
          now += (Math.min(pause, 3) * window.per) / window.requests;
          const seen = Math.max(start, now - ((lags[i] ?? 0) * window.per) / window.requests);
          if (processes[i % 2].take('key', seen as Millis) === 0) admitted++;
          assert.ok(admitted <= window.burst + ((now - start) * window.requests) / window.per + 0.01);
        }
      }),
    );
  });

  it('a request refused by one window uses up nothing of the others', () => {
    const memory = table();
    const second = { requests: 5, per: 1000 as Millis, burst: 5 };
    const hour = { requests: 10, per: 3_600_000 as Millis, burst: 10 };
    const limiter = limiterOf(memory, [second, hour]);
    let admitted = 0;
    // In three seconds the first window would let twenty through, the other has but ten.
    for (let now = 0; now < 3000; now += 10) if (limiter.take('k', now as Millis) === 0) admitted++;
    assert.equal(admitted, 10);
    assert.equal(limiter.window, 1, 'it is the hour that refuses');
    assert.ok(limiter.resetMs > 350_000);
    const hourly = (at: number) => limiterOf(memory, [second, hour]).take('k', at as Millis);
    assert.equal(hourly(360_010), 0, 'one more after six minutes: the refused ones took nothing');
    assert.ok(hourly(360_020) < 0);
  });

  it('with a delay, a token is taken at once and the request waits for its time', () => {
    const limiter = limiterOf(table(), [{ requests: 10, per: 1000 as Millis, burst: 2 }], 's', 250 as Millis);
    const waits = [0, 1, 2, 3, 4].map(() => Math.round(limiter.take('k', 1000 as Millis)));
    assert.deepEqual(waits, [0, 0, 100, 200, -50]);
  });

  it('keys, scopes and limits have buckets of their own', () => {
    const memory = table();
    const one = { requests: 1, per: 1000 as Millis, burst: 1 };
    const taken = (scope: string, window: LimitWindow, key: string) =>
      limiterOf(memory, [window], scope).take(key, NO_DELAY);
    assert.equal(taken('a', one, 'x'), 0);
    assert.ok(taken('a', one, 'x') < 0);
    assert.equal(taken('a', one, 'y'), 0);
    assert.equal(taken('b', one, 'x'), 0);
    assert.equal(taken('a', { ...one, requests: 2 }, 'x'), 0, 'a limit that was changed begins anew');
  });

  it('100,000 keys do not share a bucket, and none is lost', () => {
    const memory = table(262_144);
    const limiter = limiterOf(memory, [{ requests: 1, per: DAY as Millis, burst: 1 }]);
    const admitted = (now: number): number => {
      let count = 0;
      for (let i = 0; i < 100_000; i++) {
        if (limiter.take(`10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`, now as Millis) === 0) count++;
      }
      return count;
    };
    assert.deepEqual([admitted(7), admitted(8)], [100_000, 0]);
    assert.equal(bucketEvictions(memory), 0);
  });

  it('in a full group a bucket that is full goes first and is not missed; then the one that is so soonest, and it is counted', () => {
    const memory = table(4);
    const take = (key: string, now: number, per = DAY) =>
      limiterOf(memory, [{ requests: 1, per: per as Millis, burst: 1 }]).take(key, now as Millis);
    assert.equal(take('short', 0, 60_000), 0);
    for (let i = 0; i < 8; i++) assert.equal(take(`long ${i}`, 1), 0);
    assert.equal(take('late', 62_000), 0, 'the short one is full again and gives way');
    assert.equal(bucketEvictions(memory), 0);
    assert.equal(take('later', 63_000), 0);
    assert.equal(bucketEvictions(memory), 1);
    // The first of the long ones had to go: asking for it would push out another.
    for (let i = 7; i >= 1; i--) assert.ok(take(`long ${i}`, 64_000) < 0, `long ${i} is still known`);
    assert.equal(bucketEvictions(memory), 1);
    assert.equal(take('long 0', 65_000), 0);
    assert.equal(bucketEvictions(memory), 2);
  });

  it('an insertion whose author died is carried out by the next who comes, and blocks nobody', () => {
    const memory = table(4);
    const words = new BigInt64Array(memory);
    const fingerprint = 77n;
    // Group 0 lies behind the head; bucket 3 is to be the dead one's.
    words[16] = (160n << 32n) | (3n << 32n) | fingerprint;
    const limiter = limiterOf(memory, [{ requests: 1, per: DAY as Millis, burst: 1 }]);
    assert.equal(limiter.take('key', 5 as Millis), 0);
    assert.ok(limiter.take('key', 6 as Millis) < 0);
    assert.equal(words[16], 0n);
    assert.equal(words[20] & 0xffff_ffffn, fingerprint);
  });
});
