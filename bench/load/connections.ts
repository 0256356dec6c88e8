import { type ConnectionOwner, type Exchange, LoadConnection, type LoadTarget, loadTarget } from './load-connection.ts';
import type { FailureKind, LoadPlan } from './workload.ts';

/** Hears what became of every request: one call for each that was dispatched. */
export interface Outcomes {
  /** @param connection holds status, error code and size of the answer until this returns */
  onAnswered(exchange: Exchange, connection: LoadConnection): void;
  onFailed(exchange: Exchange, kind: FailureKind): void;
  onOutOfResources(code: string): void;
}

/** Requests for which no connection is free, first come first served. */
class Line {
  #waiting: Exchange[] = [];
  #head = 0;

  get first(): Exchange | null {
    return this.#head < this.#waiting.length ? this.#waiting[this.#head] : null;
  }

  get length(): number {
    return this.#waiting.length - this.#head;
  }

  push(exchange: Exchange): void {
    this.#waiting.push(exchange);
  }

  shift(): Exchange | null {
    const first = this.first;
    if (first === null) return null;
    this.#head++;
    if (this.#head * 2 > this.#waiting.length) {
      this.#waiting = this.#waiting.slice(this.#head);
      this.#head = 0;
    }
    return first;
  }
}

/**
 * The connections of a run, opened when a request finds none idle, up to the plan's limit. The one that became idle last is
 * used first, so that no more of them are open than the answers' slowness calls for.
 */
export class Connections implements ConnectionOwner {
  readonly #plan: LoadPlan;
  readonly #target: LoadTarget;
  readonly #outcomes: Outcomes;
  readonly #open = new Set<LoadConnection>();
  readonly #idle: LoadConnection[] = [];
  readonly #line = new Line();
  #outstanding = 0;

  constructor(plan: LoadPlan, outcomes: Outcomes) {
    this.#plan = plan;
    this.#target = loadTarget(plan);
    this.#outcomes = outcomes;
  }

  /** Requests that were dispatched and of which nothing has become yet. */
  get outstanding(): number {
    return this.#outstanding;
  }

  /** @returns false: no connection was free, and the request waits for one */
  dispatch(exchange: Exchange): boolean {
    this.#outstanding++;
    const connection = this.#idle.pop() ?? this.#openOne();
    if (connection === null) this.#line.push(exchange);
    else connection.send(exchange);
    return connection !== null;
  }

  /** Ends what has taken too long, and lets slow clients read on. To be called every few milliseconds. */
  sweep(now: number): void {
    const dueBefore = now - this.#plan.timeoutMs;
    while (this.#line.length > 0 && this.#line.first!.dueAt <= dueBefore) this.onFailed(this.#line.shift()!, 'timeout');
    for (const connection of this.#open) {
      if (connection.exchange !== null && connection.exchange.dueAt <= dueBefore) connection.abort('timeout');
      else connection.readOn(now);
    }
  }

  onAnswered(connection: LoadConnection, exchange: Exchange, reusable: boolean): void {
    this.#outstanding--;
    this.#outcomes.onAnswered(exchange, connection);
    if (!reusable) return;
    const next = this.#line.shift();
    if (next === null) this.#idle.push(connection);
    else connection.send(next);
  }

  onFailed(exchange: Exchange, kind: FailureKind): void {
    this.#outstanding--;
    this.#outcomes.onFailed(exchange, kind);
  }

  onOutOfResources(code: string): void {
    this.#outcomes.onOutOfResources(code);
  }

  onClosed(connection: LoadConnection): void {
    this.#open.delete(connection);
    const index = this.#idle.lastIndexOf(connection);
    if (index !== -1) this.#idle.splice(index, 1);
    if (this.#line.length > 0) this.#openOne()?.send(this.#line.shift()!);
  }

  /** To be called when nothing is outstanding. */
  close(): void {
    for (const connection of this.#open) connection.abort('closed');
  }

  #openOne(): LoadConnection | null {
    if (this.#open.size >= this.#plan.connections) return null;
    const connection = new LoadConnection(this.#target, this.#plan, this);
    this.#open.add(connection);
    return connection;
  }
}
