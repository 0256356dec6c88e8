import { type Decided, isLimitCode } from './decided.ts';
import type { Undecidable } from './replay-report.ts';
import type { ReplayedRequest, UnknownPlace } from './replayed-request.ts';

const MOST_REASONS = 1000;

/** Counts the requests that cannot be decided, and why. */
export class Undecided {
  #count = 0;
  #alike = 0;
  readonly #reasons = new Map<string, Undecidable['reasons'][number] & { count: number }>();

  get count(): number {
    return this.#count;
  }

  /**
   * Whether what is not known may make the difference between two configs. Two that refuse a request both ways are compared: the
   * unknown could only have refused it earlier.
   */
  isBetween(old: ReplayedRequest, now: ReplayedRequest, before: Decided, after: Decided): boolean {
    if (old.unknowns.length === 0 && now.unknowns.length === 0) return false;
    const isAlike =
      old.unknowns.length === now.unknowns.length && old.unknowns.every((text, at) => text === now.unknowns[at]);
    if (isAlike || (isRefused(before) && isRefused(after))) {
      this.#alike++;
      return false;
    }
    this.#count++;
    for (const [side, other] of [
      [now, old],
      [old, now],
    ] as const) {
      side.unknowns.forEach((text, at) => {
        if (!other.unknowns.includes(text)) this.#note(side.unknownAt[at]!);
      });
    }
    return true;
  }

  /** The same for one config and what happened. What tokens must say beside naming a consumer is believed to be as it was. */
  isAfter(now: ReplayedRequest, after: Decided): boolean {
    const isUnknown = now.unknownAt.some(({ fact }) => fact !== 'token');
    if (!isUnknown) return false;
    if (isRefused(after)) {
      this.#alike++;
      return false;
    }
    this.#count++;
    for (const place of now.unknownAt) if (place.fact !== 'token') this.#note(place);
    return true;
  }

  result(): Undecidable {
    const reasons = [...this.#reasons.values()].sort((a, b) => b.count - a.count);
    return { count: this.#count, alike: this.#alike, reasons };
  }

  #note({ fact, policy, source }: UnknownPlace): void {
    const key = `${fact} ${source}`;
    const reason = this.#reasons.get(key);
    if (reason !== undefined) reason.count++;
    else if (this.#reasons.size < MOST_REASONS) this.#reasons.set(key, { fact, policy, source, count: 1 });
  }
}

/** Whatever policies that were passed over would have said. A limit may have counted requests that they would have refused. */
function isRefused({ kind, code }: Decided): boolean {
  return kind === 'none' || (kind === 'refuse' && !isLimitCode(code));
}
