import type { Millis, MonotonicMs } from '../brand.ts';
import type { ErrorCode } from '../errors/table.ts';

/** How often deadlines are looked at; a timeout is late by at most this much. */
export const SWEEP_EVERY_MS = 50;

/** Well below the shortest idle timer of uWS, which a slow upload must never meet. */
const SLOW_SWEEP_EVERY_MS = 2000;

/**
 * Something in flight that must not take for ever. It has two limits: one for the phase it is in, which moves as it makes
 * progress, and one for the whole.
 */
export abstract class Watched {
  /** Neighbours in the list of what is in flight; both null outside of it. */
  previous: Watched | null = null;
  next: Watched | null = null;
  phaseEndsAt: MonotonicMs = Infinity as MonotonicMs;
  phaseCode: ErrorCode = 'internal_error';
  endsAt: MonotonicMs = Infinity as MonotonicMs;

  /** The limit for `code` has passed. Called at most once a sweep, and again at the next unless something changed. */
  abstract expire(code: ErrorCode): void;

  /** Something to be done about this every SLOW_SWEEP_EVERY_MS while it is in flight. */
  abstract onSlowSweep(): void;

  /** Leaves the phase: only the limit for the whole still holds. */
  unwatch(): void {
    this.phaseEndsAt = Number.POSITIVE_INFINITY as MonotonicMs;
  }
}

/**
 * Everything in flight in this acceptor, swept a few times a second: setting or moving a deadline is a store, where a
 * timer a request would be the dearest part of many.
 *
 *   head <-> newest <-> ... <-> oldest <-> head      a ring with a sentinel: no ends to treat apart
 */
export class Deadlines {
  readonly #ring: Watched = new Sentinel();
  #size = 0;
  #slowSweepAt = 0;
  /** The clock of deadlines: near enough, and free. */
  #sweptAt = performance.now();

  constructor() {
    this.#ring.previous = this.#ring;
    this.#ring.next = this.#ring;
  }

  get size(): number {
    return this.#size;
  }

  /** The time at which a phase that begins now and may last `limit` is over; 0: it may last as long as the whole. */
  after(limit: Millis): MonotonicMs {
    return (limit === 0 ? Number.POSITIVE_INFINITY : this.#sweptAt + SWEEP_EVERY_MS + limit) as MonotonicMs;
  }

  add(item: Watched): void {
    const first = this.#ring.next!;
    item.previous = this.#ring;
    item.next = first;
    this.#ring.next = item;
    first.previous = item;
    this.#size++;
  }

  remove(item: Watched): void {
    if (item.next === null) return;
    item.previous!.next = item.next;
    item.next.previous = item.previous;
    item.previous = null;
    item.next = null;
    this.#size--;
  }

  /** Expires what is late. An item may leave the list, and others may join, while it is expired. */
  sweep(now: MonotonicMs): void {
    this.#sweptAt = now;
    const isSlow = now >= this.#slowSweepAt;
    if (isSlow) this.#slowSweepAt = now + SLOW_SWEEP_EVERY_MS;
    let item = this.#ring.next!;
    while (item !== this.#ring) {
      const next = item.next!;
      if (now >= item.phaseEndsAt) item.expire(item.phaseCode);
      else if (now >= item.endsAt) item.expire('request_timeout');
      else if (isSlow) item.onSlowSweep();
      // Expiring one exchange can finish its neighbour too (a freed connection goes to a waiter that fails at once).
      item = next.next === null && next !== this.#ring ? this.#ring : next;
    }
  }

  /** Ends everything in flight with this code. */
  expireAll(code: ErrorCode): void {
    for (let item = this.#ring.next!; item !== this.#ring; item = this.#ring.next!) {
      item.expire(code);
      this.remove(item);
    }
  }
}

class Sentinel extends Watched {
  override expire(): void {}
  override onSlowSweep(): void {}
}
