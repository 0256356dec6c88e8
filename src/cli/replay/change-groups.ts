import { type Change, type ChangeSide, changeSide } from './change.ts';
import { CAUSES, type Cause, type Difference } from './compare.ts';
import { type ChangeExample, EXAMPLES, type Examples } from './examples.ts';

const MOST_GROUPS = 10_000;
const MOST_CONSUMERS = 1000;

/** Requests that change in the same way, for the same cause. */
export interface ChangeGroup {
  readonly cause: Cause;
  readonly parts: readonly string[];
  readonly from: ChangeSide;
  readonly to: ChangeSide;
  readonly count: number;
  /** Of all requests of the recording, 0 to 1. */
  readonly share: number;
  /** Most requests first; null: nobody known. */
  readonly consumers: readonly { readonly name: string | null; readonly count: number }[];
  readonly examples: readonly ChangeExample[];
}

class Group {
  readonly cause: Cause;
  readonly parts: readonly string[];
  readonly from: ChangeSide;
  readonly to: ChangeSide;
  readonly examples: ChangeExample[] = [];
  readonly consumers = new Map<string | null, number>();
  count = 0;

  constructor({ difference, from, after }: Change) {
    this.cause = difference.cause;
    this.parts = difference.parts;
    this.from = from;
    this.to = changeSide(after);
  }

  add(change: Change, examples: Examples): void {
    const name = change.exchange.consumer ?? change.after.consumer ?? change.before?.consumer ?? null;
    const count = this.consumers.get(name);
    if (count !== undefined || this.consumers.size < MOST_CONSUMERS) this.consumers.set(name, (count ?? 0) + 1);
    this.count++;
    if (this.examples.length < EXAMPLES) this.examples.push(examples.of(change));
  }

  result(total: number): ChangeGroup {
    const { cause, parts, from, to, count, examples } = this;
    const consumers = [...this.consumers].map(([name, requests]) => ({ name, count: requests }));
    consumers.sort((a, b) => b.count - a.count);
    return { cause, parts, from, to, count, share: total === 0 ? 0 : count / total, consumers, examples };
  }
}

/** What requests that change alike have in common, as text. */
function keyOf({ cause, parts }: Difference, from: ChangeSide, to: ChangeSide): string {
  const was = `${from.route}\n${from.upstream}\n${from.status}\n${from.code}\n${from.policy?.source}`;
  const is = `${to.route}\n${to.upstream}\n${to.status}\n${to.code}\n${to.policy?.source}`;
  const who = cause === 'consumer' ? `${from.consumer}\n${to.consumer}` : '';
  return `${cause}\n${was}\n${is}\n${parts.join()}\n${who}`;
}

/** Gathers changes. Memory grows with the kinds of them, not with their number, and only so far. */
export class ChangeGroups {
  readonly counts: Record<Cause, number> = Object.fromEntries(CAUSES.map((cause) => [cause, 0])) as never;
  /** Changes of kinds beyond the most that are told apart. */
  ungrouped = 0;
  readonly #groups = new Map<string, Group>();
  readonly #examples: Examples;

  constructor(examples: Examples) {
    this.#examples = examples;
  }

  add(change: Change): void {
    const { difference, from, after } = change;
    this.counts[difference.cause]++;
    const key = keyOf(difference, from, changeSide(after));
    let group = this.#groups.get(key);
    if (group === undefined) {
      if (this.#groups.size >= MOST_GROUPS) {
        this.ungrouped++;
        return;
      }
      group = new Group(change);
      this.#groups.set(key, group);
    }
    group.add(change, this.#examples);
  }

  get changed(): number {
    return CAUSES.reduce((sum, cause) => sum + this.counts[cause], 0);
  }

  /** By cause, the gravest first, and within one the largest. @param total requests of the recording */
  results(total: number): ChangeGroup[] {
    const rank = (group: ChangeGroup): number => CAUSES.indexOf(group.cause);
    const groups = [...this.#groups.values()].map((group) => group.result(total));
    return groups.sort((a, b) => rank(a) - rank(b) || b.count - a.count);
  }
}
