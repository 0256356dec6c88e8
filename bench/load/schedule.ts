import type { Pace } from './workload.ts';
import type { LoadRequest } from './workload-line.ts';
import type { WorkloadSource } from './workload-source.ts';

/** The paces of an open loop. */
export type OpenPace = Exclude<Pace, { readonly kind: 'closed' }>;

/** Which request is due when. Knows no clock: times are milliseconds since the load began. */
export class Schedule {
  readonly #source: WorkloadSource;
  readonly #pace: OpenPace;
  #upcoming: LoadRequest | null = null;
  #taken = 0;
  /** When the lap began, and what is needed to know when it ends; recorded time. */
  #lap = 0;
  #lapStart = 0;
  #lastAt = 0;
  #takenInLap = 0;

  constructor(source: WorkloadSource, pace: OpenPace) {
    this.#source = source;
    this.#pace = pace;
  }

  /** When the next request is due; null while it is not known, because it has not been read yet. */
  nextDueMs(): number | null {
    const { kind } = this.#pace;
    if (this.#upcoming === null) this.#fetch();
    if (this.#upcoming === null) return null;
    if (kind === 'rate') return (this.#taken * 1_000) / this.#pace.perSecond;
    return (this.#lapStart + this.#upcoming.at) / this.#pace.speed;
  }

  /** The request that `nextDueMs` spoke of, which must not have been null. */
  take(): LoadRequest {
    const request = this.#upcoming!;
    this.#upcoming = null;
    this.#taken++;
    this.#takenInLap++;
    this.#lastAt = request.at;
    return request;
  }

  /** How many requests are due before a time and were not taken: at least one, where nobody knows. */
  missedBefore(endMs: number): number {
    const dueMs = this.nextDueMs();
    if (dueMs !== null && dueMs >= endMs) return 0;
    if (this.#pace.kind === 'recorded') return 1;
    return Math.max(0, Math.ceil((endMs * this.#pace.perSecond) / 1_000) - this.#taken);
  }

  #fetch(): void {
    this.#upcoming = this.#source.next();
    if (this.#upcoming === null || this.#source.lap === this.#lap) return;
    // A new lap begins as long after the last request as they follow each other on average.
    if (this.#pace.kind === 'recorded' && this.#lastAt === 0)
      throw new Error('the workload cannot be repeated as recorded: all of it is due at its beginning');
    this.#lapStart += this.#lastAt + this.#lastAt / Math.max(1, this.#takenInLap - 1);
    this.#lap = this.#source.lap;
    this.#takenInLap = 0;
  }
}
