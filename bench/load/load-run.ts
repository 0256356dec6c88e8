import { Connections, type Outcomes } from './connections.ts';
import { GeneratorWatch } from './generator-watch.ts';
import { Exchange, type LoadConnection } from './load-connection.ts';
import { Schedule } from './schedule.ts';
import { type Outcome, Tallies } from './tally.ts';
import { Timeline } from './timeline.ts';
import type { FailureKind, GeneratorMessage, LoadPlan, LoadResult } from './workload.ts';
import type { LoadRequest } from './workload-line.ts';
import type { WorkloadSource } from './workload-source.ts';

/** How finely time is told: a request is due by the tick that follows, and its clock runs from there. */
const TICK_MS = 1;
const SWEEP_EVERY_MS = 10;
const PROGRESS_EVERY_MS = 500;

/*
 *   start ---- warm-up ----> 'measuring' ---- measuring ----> 'measured' ---- nothing comes due ----> all settled: result
 */
const WARM_UP = 0;
const MEASURING = 1;
const DRAINING = 2;

/** One plan being carried out. */
export class LoadRun implements Outcomes {
  readonly #plan: LoadPlan;
  readonly #source: WorkloadSource;
  /** Null: the pace is a closed loop. */
  readonly #schedule: Schedule | null;
  readonly #tell: (message: GeneratorMessage) => void;
  readonly #connections: Connections;
  readonly #watch = new GeneratorWatch();
  readonly #tallies = new Tallies();
  readonly #timeline = new Timeline();
  readonly #startedAt: number;
  /** Warm-up and measuring. */
  readonly #lengthMs: number;
  #phase = WARM_UP;
  /** When the phases really changed. */
  #measuringSince = 0;
  #measuredMs = 0;
  #sweepAt = 0;
  #progressAt = 0;
  #sent = 0;
  #answered = 0;
  #failed = 0;
  /** In a closed loop, requests to be sent at the next tick. */
  #owed = 0;

  /** @param tell is called with everything but the result */
  constructor(plan: LoadPlan, source: WorkloadSource, tell: (message: GeneratorMessage) => void) {
    this.#plan = plan;
    this.#source = source;
    this.#tell = tell;
    this.#schedule = plan.pace.kind === 'closed' ? null : new Schedule(source, plan.pace);
    this.#connections = new Connections(plan, this);
    this.#startedAt = performance.now();
    this.#lengthMs = plan.warmUpMs + plan.measureMs;
    this.#progressAt = this.#startedAt + PROGRESS_EVERY_MS;
    if (this.#schedule === null) this.#owed = plan.connections;
  }

  /** Resolves when something has become of every request. Rejects when the workload cannot be read. */
  finish(): Promise<LoadResult> {
    return new Promise((resolve, reject) => {
      const timer = setInterval(() => {
        try {
          this.#tick(performance.now());
          if (this.#phase !== DRAINING || this.#connections.outstanding > 0) return;
          clearInterval(timer);
          this.#connections.close();
          resolve(this.#result());
        } catch (error) {
          clearInterval(timer);
          reject(error);
        }
      }, TICK_MS);
    });
  }

  #tick(now: number): void {
    const elapsedMs = now - this.#startedAt;
    this.#watch.tick(now);
    if (this.#phase === WARM_UP && elapsedMs >= this.#plan.warmUpMs) this.#beginMeasuring(now);
    if (this.#phase !== DRAINING) {
      if (this.#schedule === null) this.#handOutOwed();
      else this.#handOutDue(this.#schedule, elapsedMs);
    }
    if (this.#phase === MEASURING && elapsedMs >= this.#lengthMs) this.#endMeasuring(now);
    if (now >= this.#sweepAt) {
      this.#sweepAt = now + SWEEP_EVERY_MS;
      this.#connections.sweep(now);
    }
    if (now >= this.#progressAt) {
      this.#progressAt += PROGRESS_EVERY_MS;
      this.#reportProgress(now);
    }
  }

  #beginMeasuring(now: number): void {
    this.#phase = MEASURING;
    this.#measuringSince = now;
    this.#watch.begin(now);
    this.#tell({ kind: 'measuring' });
  }

  #endMeasuring(now: number): void {
    this.#phase = DRAINING;
    this.#measuredMs = now - this.#measuringSince;
    if (this.#schedule !== null) this.#watch.missed(this.#schedule.missedBefore(this.#lengthMs));
    this.#watch.end();
    this.#tell({ kind: 'measured' });
  }

  #handOutOwed(): void {
    const owed = this.#owed;
    this.#owed = 0;
    for (let i = 0; i < owed; i++) this.#handOutNext();
  }

  #handOutNext(): void {
    const dueMs = performance.now() - this.#startedAt;
    if (dueMs >= this.#lengthMs) return;
    const request = this.#source.next();
    if (request === null) this.#owed++;
    else this.#handOut(request, dueMs);
  }

  #handOutDue(schedule: Schedule, elapsedMs: number): void {
    for (;;) {
      const dueMs = schedule.nextDueMs();
      if (dueMs === null || dueMs > elapsedMs || dueMs >= this.#lengthMs) return;
      this.#handOut(schedule.take(), dueMs);
    }
  }

  /** @param dueMs since the start */
  #handOut(request: LoadRequest, dueMs: number): void {
    const second = Math.max(-1, Math.floor((dueMs - this.#plan.warmUpMs) / 1_000));
    const lateMs = performance.now() - this.#startedAt - dueMs;
    this.#sent++;
    if (second >= 0) {
      this.#watch.due();
      this.#tallies.send(request.label);
      this.#timeline.send(second);
    }
    const dueAt = this.#startedAt + dueMs + Math.min(lateMs, TICK_MS);
    const hasLeft = this.#connections.dispatch(new Exchange(request, dueAt, second));
    if (hasLeft && second >= 0) this.#watch.left(lateMs);
  }

  onAnswered(exchange: Exchange, { status, errorCode, bodyBytes }: LoadConnection): void {
    this.#answered++;
    const { expect } = exchange.request;
    const wasExpected = expect === 0 ? status < 500 : status === expect;
    this.#count(exchange, { failure: null, status, wasExpected, errorCode, bodyBytes, latency: latencyOf(exchange) });
    // It waits in line for this very connection, which is given to it next.
    if (this.#schedule === null) this.#handOutNext();
  }

  onFailed(exchange: Exchange, failure: FailureKind): void {
    this.#failed++;
    const latency = latencyOf(exchange);
    this.#count(exchange, { failure, status: 0, wasExpected: false, errorCode: null, bodyBytes: 0, latency });
    // Not at once: a gateway that refuses connections would be asked for them without a pause.
    if (this.#schedule === null) this.#owed++;
  }

  onOutOfResources(code: string): void {
    this.#watch.lacks(code);
  }

  #count(exchange: Exchange, outcome: Outcome): void {
    if (exchange.second === -1) return;
    this.#tallies.count(exchange.request.label, outcome);
    this.#timeline.count(exchange.second, outcome);
  }

  #reportProgress(now: number): void {
    const phase = this.#phase === WARM_UP ? 'warm-up' : 'measuring';
    const elapsedMs = now - this.#startedAt;
    this.#tell({
      kind: 'progress',
      phase,
      elapsedMs,
      sent: this.#sent,
      answered: this.#answered,
      failed: this.#failed,
    });
    // What was due before has timed out by now, and been swept up.
    const oldestDueMs = elapsedMs - this.#plan.timeoutMs - 1_000;
    this.#timeline.closeBefore(Math.floor((oldestDueMs - this.#plan.warmUpMs) / 1_000));
  }

  #result(): LoadResult {
    return {
      kind: 'result',
      measuredMs: this.#measuredMs,
      total: this.#tallies.total(),
      byLabel: this.#tallies.byLabel(),
      timeline: this.#timeline.toSeconds(),
      generator: this.#watch.report(this.#plan.pace, this.#measuredMs),
    };
  }
}

/** Microseconds since it was due. */
function latencyOf(exchange: Exchange): number {
  return (performance.now() - exchange.dueAt) * 1_000;
}
