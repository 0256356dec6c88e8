import { microseconds, recordable } from './tally.ts';
import type { LoadResult, Pace } from './workload.ts';

/** One request in a hundred may leave this late by the generator's doing. More, and the figures are its own. */
const MAX_LATE_P99_MS = 5;
/**
 * The same, of the time: how much of it a request that came due would have left too late, whether there was one or not. It sees
 * what requests do not show when all of them wait for connections, because it is the generator that is slow to read the answers.
 */
const MAX_LATE_TIME_SHARE = 0.01;
/** A generator that stands still once for so long has moved the highest percentiles by itself. */
const MAX_STANDSTILL_MS = 100;
const MIN_SENT_SHARE = 0.99;
/** A closed loop that leaves its generator less idle time than this measures the generator. */
const MAX_CPU_SHARE = 0.95;

type GeneratorReport = LoadResult['generator'];

/**
 * Watches whether the generator does what it is to do. Only its own doing counts: a gateway that stands still leaves requests
 * waiting for a connection, which makes none of them late here, and does not keep the generator's clock from ticking.
 */
export class GeneratorWatch {
  #due = 0;
  #missed = 0;
  readonly #lateness = microseconds();
  #longestGapMs = 0;
  #lateTimeMs = 0;
  #lastTick: number | null = null;
  #cpuAtStart: NodeJS.CpuUsage | null = null;
  #cpuMs = 0;
  #lacking: string | null = null;

  begin(now: number): void {
    this.#cpuAtStart = process.cpuUsage();
    this.#lastTick = now;
  }

  tick(now: number): void {
    if (this.#lastTick === null) return;
    const gapMs = now - this.#lastTick;
    this.#longestGapMs = Math.max(this.#longestGapMs, gapMs);
    this.#lateTimeMs += Math.max(0, gapMs - MAX_LATE_P99_MS);
    this.#lastTick = now;
  }

  /** A request came due while measuring. */
  due(): void {
    this.#due++;
  }

  /** A request left for a connection that was free so long after it was due. */
  left(lateMs: number): void {
    this.#lateness.recordValue(recordable(lateMs * 1_000));
  }

  /** Requests came due while measuring that were never sent. */
  missed(count: number): void {
    this.#due += count;
    this.#missed += count;
  }

  /** The machine has no more of something; by the code of the system's error. */
  lacks(code: string): void {
    this.#lacking = code;
  }

  end(): void {
    if (this.#cpuAtStart === null) return;
    const { user, system } = process.cpuUsage(this.#cpuAtStart);
    this.#cpuMs = (user + system) / 1_000;
    this.#lastTick = null;
  }

  report(pace: Pace, measuredMs: number): GeneratorReport {
    const lateP99 = this.#lateness.totalCount === 0 ? 0 : this.#lateness.getValueAtPercentile(99);
    const lateMax = this.#lateness.totalCount === 0 ? 0 : this.#lateness.maxValue;
    return {
      due: this.#due,
      lateP99,
      lateMax,
      cpuMs: this.#cpuMs,
      starved: this.#findStarved(pace, lateP99 / 1_000, measuredMs),
    };
  }

  #findStarved(pace: Pace, lateP99Ms: number, measuredMs: number): string | null {
    const cpuShare = this.#cpuMs / measuredMs;
    const lateTimeShare = this.#lateTimeMs / measuredMs;
    const sent = this.#due - this.#missed;
    if (this.#lacking !== null)
      return `The machine had nothing left to connect with (${this.#lacking}): ports, or file descriptors.`;
    if (sent < this.#due * MIN_SENT_SHARE) return `Of ${this.#due} requests that were due, ${sent} were sent.`;
    if (lateP99Ms > MAX_LATE_P99_MS)
      return `One request in a hundred left ${lateP99Ms.toFixed(1)} ms late or later although a connection was free.`;
    if (this.#longestGapMs > MAX_STANDSTILL_MS)
      return `The generator stood still for ${Math.round(this.#longestGapMs)} ms.`;
    if (pace.kind !== 'closed' && lateTimeShare > MAX_LATE_TIME_SHARE)
      return `For ${(lateTimeShare * 100).toFixed(1)}% of the time a request would have left over ${MAX_LATE_P99_MS} ms late.`;
    if (pace.kind === 'closed' && cpuShare > MAX_CPU_SHARE)
      return `The generator was busy ${Math.round(cpuShare * 100)}% of the time: this is its capacity, not the gateway's.`;
    return null;
  }
}
