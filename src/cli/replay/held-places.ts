/**
 * Requests in flight during a replay: a place is held for as long as the recording says that the upstream took. With those times
 * known, whoever waits is known to get the place that is free next:
 *
 *   ends of a key, sorted:  e0 <= e1 <= ... <= en-1     limit L
 *   n < L: there is a place now.  Else: there is one at e(n-L), when all but L - 1 of those before have ended
 */
import type { Flights, Gate, GateOptions, Place } from '../../decision/policies/host.ts';
import type { ReplayClock } from './replay-clock.ts';

/** A place that its exchange has given back, and from when on it had it. */
interface LeftPlace {
  readonly gate: HeldGate;
  readonly key: string;
  readonly start: number;
}

/** What one key had in flight at most. */
export interface HeldPeak {
  readonly key: string;
  readonly requests: number;
}

/** Counts of what is in flight, of one gateway in a replay. */
export class HeldPlaces implements Flights {
  readonly #clock: ReplayClock;
  readonly #left: LeftPlace[] = [];
  /** By scope. */
  readonly #gates = new Map<string, HeldGate>();

  constructor(clock: ReplayClock) {
    this.#clock = clock;
  }

  gate(scope: string, options: GateOptions): Gate {
    const gate = new HeldGate(this.#clock, options, this.#left);
    this.#gates.set(scope, gate);
    return gate;
  }

  /** Most requests of one key that were in flight, or waited, at one time; null: none was. */
  peakOf(scope: string): HeldPeak | null {
    return this.#gates.get(scope)?.peak ?? null;
  }

  /** The request that was decided last: how long its upstream takes, in milliseconds; 0: none is asked. */
  settle(durationMs: number): void {
    if (this.#left.length === 0) return;
    if (durationMs > 0) for (const { gate, key, start } of this.#left) gate.hold(key, start + durationMs);
    this.#left.length = 0;
  }
}

class HeldGate implements Gate {
  peak: HeldPeak | null = null;
  readonly #clock: ReplayClock;
  readonly #options: GateOptions;
  readonly #left: LeftPlace[];
  /** When the places of a key are free, sorted. */
  readonly #ends = new Map<string, number[]>();
  /** When those who wait will have a place, over all keys. */
  #starts: number[] = [];

  constructor(clock: ReplayClock, options: GateOptions, left: LeftPlace[]) {
    this.#clock = clock;
    this.#options = options;
    this.#left = left;
  }

  enter(key: string): Place | null {
    const now = this.#clock.offset;
    return this.#current(key, now).length < this.#options.limit ? this.#place(key, now) : null;
  }

  wait(key: string, _: AbortSignal): Promise<Place | null> | null {
    const { limit, queue, timeout } = this.#options;
    const now = this.#clock.offset;
    this.#starts = this.#starts.filter((start) => start > now);
    if (this.#starts.length >= queue) return null;
    const ends = this.#current(key, now);
    const start = ends[ends.length - limit]!;
    const isInTime = start - now <= timeout;
    this.#starts.push(isInTime ? start : now + timeout);
    return Promise.resolve(isInTime ? this.#place(key, start) : null);
  }

  hold(key: string, end: number): void {
    const ends = this.#current(key, this.#clock.offset);
    let at = ends.length;
    while (at > 0 && ends[at - 1]! > end) at--;
    ends.splice(at, 0, end);
    this.#ends.set(key, ends);
    if (ends.length > (this.peak?.requests ?? 0)) this.peak = { key, requests: ends.length };
  }

  #place(key: string, start: number): Place {
    return { keep: () => {}, leave: () => void this.#left.push({ gate: this, key, start }) };
  }

  #current(key: string, now: number): number[] {
    const ends = this.#ends.get(key);
    if (ends === undefined) return [];
    let over = 0;
    while (over < ends.length && ends[over]! <= now) over++;
    if (over === ends.length) this.#ends.delete(key);
    if (over > 0) ends.splice(0, over);
    return ends;
  }
}
