/** Counting what became of requests, under one label or in all. */
import { strict as assert } from 'node:assert';
import { build, encodeIntoCompressedBase64, type Histogram } from 'hdr-histogram-js';
import { type FailureKind, type LoadCounts, OTHERS } from './workload.ts';

/** More labels, or codes of errors, than these are counted together under OTHERS: a table that long is read by nobody. */
const MAX_LABELS = 500;
const MAX_ERROR_CODES = 100;

/** A histogram of microseconds that grows with its values. */
export const microseconds = (): Histogram => build({ numberOfSignificantValueDigits: 3 });

/** What became of one request. */
export interface Outcome {
  /** Null: it was answered. */
  readonly failure: FailureKind | null;
  /** 0 when it failed. */
  readonly status: number;
  readonly wasExpected: boolean;
  readonly errorCode: string | null;
  readonly bodyBytes: number;
  /** Microseconds since it was due. */
  readonly latency: number;
}

/** An integer of at least 1, as the histograms want it. */
export const recordable = (micros: number): number => Math.max(1, Math.round(micros));

class Tally {
  readonly #latency = microseconds();
  readonly #byStatus = new Map<number, number>();
  readonly #byFailure = new Map<FailureKind, number>();
  readonly #byErrorCode = new Map<string, number>();
  #sent = 0;
  #answered = 0;
  #failed = 0;
  #errors = 0;
  #responseBytes = 0;

  send(): void {
    this.#sent++;
  }

  count(outcome: Outcome): void {
    if (outcome.failure === null) {
      this.#answered++;
      increment(this.#byStatus, outcome.status);
    } else {
      this.#failed++;
      increment(this.#byFailure, outcome.failure);
    }
    if (outcome.failure !== null || !outcome.wasExpected) this.#errors++;
    if (outcome.errorCode !== null) {
      const hasRoom = this.#byErrorCode.size < MAX_ERROR_CODES || this.#byErrorCode.has(outcome.errorCode);
      increment(this.#byErrorCode, hasRoom ? outcome.errorCode : OTHERS);
    }
    this.#responseBytes += outcome.bodyBytes;
    this.#latency.recordValue(recordable(outcome.latency));
  }

  toCounts(): LoadCounts {
    assert.equal(this.#answered + this.#failed, this.#sent, 'requests have become of nothing');
    return {
      sent: this.#sent,
      answered: this.#answered,
      failed: this.#failed,
      errors: this.#errors,
      byStatus: Object.fromEntries(this.#byStatus),
      byFailure: Object.fromEntries(this.#byFailure),
      byErrorCode: Object.fromEntries(this.#byErrorCode),
      responseBytes: this.#responseBytes,
      latency: encodeIntoCompressedBase64(this.#latency),
    };
  }
}

function increment<Key>(counts: Map<Key, number>, key: Key): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

/** All that was measured, in total and by label. Rendered when every request that was sent has been counted. */
export class Tallies {
  readonly #total = new Tally();
  readonly #byLabel = new Map<string, Tally>();

  send(label: string): void {
    this.#total.send();
    this.#of(label).send();
  }

  count(label: string, outcome: Outcome): void {
    this.#total.count(outcome);
    this.#of(label).count(outcome);
  }

  #of(label: string): Tally {
    const known = this.#byLabel.get(label);
    if (known !== undefined) return known;
    if (this.#byLabel.size >= MAX_LABELS && label !== OTHERS) return this.#of(OTHERS);
    const tally = new Tally();
    this.#byLabel.set(label, tally);
    return tally;
  }

  total(): LoadCounts {
    return this.#total.toCounts();
  }

  byLabel(): Record<string, LoadCounts> {
    return Object.fromEntries([...this.#byLabel].map(([label, tally]) => [label, tally.toCounts()]));
  }
}
