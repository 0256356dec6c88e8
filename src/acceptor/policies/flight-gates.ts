import type { Flights, Gate, GateOptions, Place } from '../../decision/policies/host.ts';
import type { FlightTable } from '../../shared-memory/flight-table.ts';

/** How often whoever waits looks for places that other acceptors gave back: those do not tell. */
const LOOK_EVERY_MS = 5;

/** Limits of what is in flight, with the queues of one acceptor. */
export class FlightGates implements Flights {
  readonly #table: FlightTable;

  constructor(table: FlightTable) {
    this.#table = table;
  }

  gate(scope: string, options: GateOptions): Gate {
    return new WaitingGate(this.#table, scope, options);
  }
}

interface Waiter {
  readonly until: number;
  settle(place: TakenPlace | null): void;
}

/**
 * A gate with its queue: one line for each key. A place given back here goes to the first in line at once; one that another
 * acceptor gave back is found by looking.
 */
class WaitingGate implements Gate {
  readonly #table: FlightTable;
  readonly #scope: string;
  readonly #options: GateOptions;
  readonly #lines = new Map<string, Waiter[]>();
  #waiting = 0;
  #look: NodeJS.Timeout | null = null;

  constructor(table: FlightTable, scope: string, options: GateOptions) {
    this.#table = table;
    this.#scope = scope;
    this.#options = options;
  }

  enter(key: string): Place | null {
    return this.#lines.has(key) ? null : this.#take(key);
  }

  wait(key: string, signal: AbortSignal): Promise<Place | null> | null {
    if (this.#waiting >= this.#options.queue) return null;
    return new Promise((resolve) => {
      let given: TakenPlace | null = null;
      const waiter: Waiter = {
        until: performance.now() + this.#options.timeout,
        settle: (place) => {
          given = place;
          resolve(place);
        },
      };
      this.#queue(key, waiter);
      signal.addEventListener('abort', () => {
        if (given === null) this.#remove(key, waiter);
        else if (!given.isKept) given.leave();
      });
    });
  }

  #take(key: string): TakenPlace | null {
    const row = this.#table.enter(`${this.#scope}\0${key}`, this.#options.limit);
    if (row < 0) return null;
    return new TakenPlace(() => {
      this.#table.leave(row);
      this.#serve(key, performance.now());
    });
  }

  #queue(key: string, waiter: Waiter): void {
    const line = this.#lines.get(key);
    if (line === undefined) this.#lines.set(key, [waiter]);
    else line.push(waiter);
    this.#waiting++;
    this.#look ??= setInterval(() => this.#lookAround(), LOOK_EVERY_MS);
  }

  #lookAround(): void {
    const now = performance.now();
    for (const key of [...this.#lines.keys()]) this.#serve(key, now);
  }

  /** Gives what places there are to the first in a line, and sends away whoever has waited for too long. */
  #serve(key: string, now: number): void {
    const line = this.#lines.get(key);
    while (line !== undefined && line.length > 0) {
      const place = line[0]!.until <= now ? null : this.#take(key);
      if (place === null && line[0]!.until > now) return;
      const first = line[0]!;
      this.#remove(key, first);
      first.settle(place);
    }
  }

  #remove(key: string, waiter: Waiter): void {
    const line = this.#lines.get(key);
    const at = line === undefined ? -1 : line.indexOf(waiter);
    if (at < 0) return;
    line!.splice(at, 1);
    if (line!.length === 0) this.#lines.delete(key);
    this.#waiting--;
    if (this.#waiting > 0) return;
    clearInterval(this.#look!);
    this.#look = null;
  }
}

class TakenPlace implements Place {
  isKept = false;
  #giveBack: (() => void) | null;

  constructor(giveBack: () => void) {
    this.#giveBack = giveBack;
  }

  keep(): void {
    this.isKept = true;
  }

  leave(): void {
    const giveBack = this.#giveBack;
    this.#giveBack = null;
    giveBack?.();
  }
}
