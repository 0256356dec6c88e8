import { build, type Histogram } from 'hdr-histogram-js';
import { type Outcome, recordable } from './tally.ts';
import type { LoadSecond } from './workload.ts';

/** A second whose requests are not all settled yet. */
class OpenSecond {
  sent = 0;
  answered = 0;
  failed = 0;
  readonly latency: Histogram = build({ numberOfSignificantValueDigits: 2 });

  close(second: number): LoadSecond {
    const { sent, answered, failed, latency } = this;
    const isEmpty = latency.totalCount === 0;
    const at = (percentile: number): number | null => (isEmpty ? null : latency.getValueAtPercentile(percentile));
    return { second, sent, answered, failed, p50: at(50), p99: at(99), max: isEmpty ? null : latency.maxValue };
  }
}

/** What became of requests by the second in which they were due. */
export class Timeline {
  readonly #closed: LoadSecond[] = [];
  readonly #open: OpenSecond[] = [];

  send(second: number): void {
    this.#at(second).sent++;
  }

  count(second: number, outcome: Outcome): void {
    const entry = this.#at(second);
    if (outcome.failure === null) entry.answered++;
    else entry.failed++;
    entry.latency.recordValue(recordable(outcome.latency));
  }

  /** Lets go of the histograms of all seconds before this one; nothing of them may be counted later. */
  closeBefore(second: number): void {
    while (this.#closed.length < second && this.#open.length > 0)
      this.#closed.push(this.#open.shift()!.close(this.#closed.length));
  }

  toSeconds(): LoadSecond[] {
    this.closeBefore(Number.POSITIVE_INFINITY);
    return this.#closed;
  }

  #at(second: number): OpenSecond {
    const index = second - this.#closed.length;
    while (this.#open.length <= index) this.#open.push(new OpenSecond());
    return this.#open[index];
  }
}
