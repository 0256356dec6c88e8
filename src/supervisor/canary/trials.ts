import type { Cause } from '../history/history-entry.ts';
import type { Publication } from '../publication.ts';
import type { ChangeOutcome } from '../publication-host.ts';
import type { CanaryOptions, CanaryStatus } from './canary.ts';

/** A canary from the wish to its end, for whoever asked for it and comes back to ask how it is. */
export interface TrialStatus {
  /** Counts up from the start of the gateway. */
  readonly trial: number;
  /** `preparing`: read and compiled. `refused`: it never came to a trial. */
  readonly state: 'preparing' | 'refused' | CanaryStatus['state'];
  /** Why it ended; null while it has not. */
  readonly reason: string | null;
  /** What was seen of it so far; null: it was on no acceptor yet. */
  readonly evidence: CanaryStatus | null;
}

interface Trial {
  readonly number: number;
  readonly options: CanaryOptions;
  outcome: ChangeOutcome | null;
}

/** Canaries that somebody asked for and nobody waits for. The latest can be looked at, ended, and promoted before its time. */
export class Trials {
  readonly #publication: Publication;
  #latest: Trial | null = null;

  constructor(publication: Publication) {
    this.#publication = publication;
  }

  /** @returns its number */
  begin(options: CanaryOptions, cause: Cause): number {
    const trial: Trial = { number: (this.#latest?.number ?? 0) + 1, options, outcome: null };
    this.#latest = trial;
    void this.#publication.tryOut(options, cause).then((outcome) => {
      trial.outcome = outcome;
    });
    return trial.number;
  }

  /** Null: there was none since the start. */
  get latest(): TrialStatus | null {
    if (this.#latest === null) return null;
    const { number: trial, outcome } = this.#latest;
    const evidence = outcome === null ? (this.#running?.status ?? null) : outcome.evidence;
    const state = evidence?.state ?? (outcome === null ? 'preparing' : 'refused');
    return { trial, state, reason: evidence?.reason ?? outcome?.message ?? null, evidence };
  }

  /** False: none is running. */
  abort(reason: string): boolean {
    this.#running?.abort(reason);
    return this.#running !== null;
  }

  /** False: none is running. */
  promote(reason: string): boolean {
    this.#running?.promote(reason);
    return this.#running !== null;
  }

  /** Not that of the trial before, which may still be ending. */
  get #running(): Publication['canary'] {
    const { canary } = this.#publication;
    return canary !== null && canary.options === this.#latest?.options ? canary : null;
  }
}
