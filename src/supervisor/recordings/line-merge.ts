/** Held lines beyond which the oldest leave, whoever may still have something older. */
const HELD_CHARACTERS = 16 * 1024 * 1024;

type TimedLine = readonly [at: number, line: string];

/**
 * Puts the lines of several acceptors in one order of time. Each source says up to where it has told all: what is older than
 * the least of these may leave.
 *
 *   source A  ──1──4──6──┤ before 7          leave: 1 2 4
 *   source B  ──2──5──┤ before 5             held:  5 6
 */
export class LineMerge<Source> {
  readonly #before = new Map<Source, number>();
  #held: TimedLine[] = [];
  #characters = 0;
  #lastAt = 0;

  /** @param before the source will tell of nothing older */
  join(source: Source, before: number): void {
    this.#before.set(source, before);
  }

  /** @returns how many of the lines came too late to be put into the order */
  add(source: Source, lines: readonly TimedLine[], before: number): number {
    let late = 0;
    for (const timed of lines) {
      if (timed[0] < this.#lastAt) late++;
      else {
        this.#held.push(timed);
        this.#characters += timed[1].length;
      }
    }
    this.#before.set(source, before);
    return late;
  }

  /** The source will tell of nothing more. */
  leave(source: Source): void {
    this.#before.delete(source);
  }

  /** What may leave now, in order of time. @param notAfter held no longer than this, whatever the sources say */
  take(notAfter: number): readonly string[] {
    let limit = this.#before.size === 0 ? Number.POSITIVE_INFINITY : Math.min(...this.#before.values());
    limit = Math.max(limit, notAfter);
    this.#held.sort(([a], [b]) => a - b);
    const lines: string[] = [];
    for (const [at, line] of this.#held) {
      if (at >= limit && this.#characters <= HELD_CHARACTERS) break;
      lines.push(line);
      this.#characters -= line.length;
      this.#lastAt = at;
    }
    this.#held = this.#held.slice(lines.length);
    return lines;
  }
}
