/** What became of the records of a log: nothing is lost without being counted here. */

/** Places that are named for each reason. */
const NAMED_PLACES = 5;

export interface RejectedFor {
  readonly reason: string;
  readonly count: number;
  /** Lines or entries, from 1: the first ones. */
  readonly places: readonly number[];
}

/** Counts of one file. `imported + rejected = read`. */
export interface LogCounts {
  readonly file: string;
  /** Name of the format. */
  readonly format: string;
  /** What `places` are. */
  readonly unit: 'line' | 'entry';
  /** Records: lines or entries that stand for a request, or should. */
  readonly read: number;
  readonly imported: number;
  readonly rejected: number;
  /** Directives and empty lines. */
  readonly passedOver: number;
  /** Imported, but too far behind in time: put at the time of their predecessor. */
  readonly moved: number;
  /** Imported without a host in the log. */
  readonly withoutHost: number;
  /** Most frequent first. */
  readonly reasons: readonly RejectedFor[];
  /** Why the file could not be read to its end; null: it was. */
  readonly problem: string | null;
}

export class Tally {
  imported = 0;
  passedOver = 0;
  withoutHost = 0;
  problem: string | null = null;
  readonly #reasons = new Map<string, { count: number; places: number[] }>();

  reject(reason: string, place: number): void {
    const known = this.#reasons.get(reason);
    if (known === undefined) this.#reasons.set(reason, { count: 1, places: [place] });
    else {
      known.count++;
      if (known.places.length < NAMED_PLACES) known.places.push(place);
    }
  }

  counts(about: Pick<LogCounts, 'file' | 'format' | 'unit' | 'moved'>): LogCounts {
    const reasons = [...this.#reasons].map(([reason, { count, places }]) => ({ reason, count, places }));
    reasons.sort((one, other) => other.count - one.count);
    const { imported, passedOver, withoutHost, problem } = this;
    const rejected = reasons.reduce((sum, { count }) => sum + count, 0);
    return { ...about, read: imported + rejected, imported, rejected, passedOver, withoutHost, reasons, problem };
  }
}
