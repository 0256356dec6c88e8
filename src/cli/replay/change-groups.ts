import type { RecordedExchange } from '../../recording/recorded-exchange.ts';
import { Masking } from '../dry-gateway/masking.ts';
import { outgoingRequest } from '../dry-gateway/outgoing-request.ts';
import { CAUSES, type Cause, type Difference } from './compare.ts';
import type { Decided, PolicyPlace } from './decided.ts';

const MOST_GROUPS = 10_000;
const MOST_CONSUMERS = 1000;
const EXAMPLES = 3;

/** One side of a change. What the recording does not say is null. */
export interface ChangeSide {
  readonly route: string | null;
  readonly routeSource: string | null;
  readonly outcome: Decided['kind'];
  readonly upstream: string | null;
  readonly status: number | null;
  readonly code: string | null;
  readonly policy: PolicyPlace | null;
}

/** A request of the recording, without secrets. */
export interface ChangeExample {
  /** Of the recording. */
  readonly line: number;
  readonly method: string;
  readonly host: string;
  readonly path: string;
  /** What the upstream is asked for before and after, where that is what changes. */
  readonly targets: readonly [before: string, after: string] | null;
}

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

/** A request that changes. */
export interface Change {
  readonly line: number;
  readonly exchange: RecordedExchange;
  readonly difference: Difference;
  /** Null: what happened, as far as the recording tells. */
  readonly before: Decided | null;
  readonly from: ChangeSide;
  readonly after: Decided;
}

export function changeSide(decided: Decided): ChangeSide {
  const { kind, route, routeSource, upstream, status, code, policy } = decided;
  return { outcome: kind, route, routeSource, upstream, status, code, policy };
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

  add(change: Change): void {
    const name = change.exchange.consumer ?? change.after.consumer ?? change.before?.consumer ?? null;
    const count = this.consumers.get(name);
    if (count !== undefined || this.consumers.size < MOST_CONSUMERS) this.consumers.set(name, (count ?? 0) + 1);
    this.count++;
    if (this.examples.length < EXAMPLES) this.examples.push(exampleOf(change));
  }

  result(total: number): ChangeGroup {
    const { cause, parts, from, to, count, examples } = this;
    const consumers = [...this.consumers].map(([name, requests]) => ({ name, count: requests }));
    consumers.sort((a, b) => b.count - a.count);
    return { cause, parts, from, to, count, share: total === 0 ? 0 : count / total, consumers, examples };
  }
}

/** Gathers changes. Memory grows with the kinds of them, not with their number, and only so far. */
export class ChangeGroups {
  readonly counts: Record<Cause, number> = Object.fromEntries(CAUSES.map((cause) => [cause, 0])) as never;
  /** Changes of kinds beyond the most that are told apart. */
  ungrouped = 0;
  readonly #groups = new Map<string, Group>();

  add(change: Change): void {
    const { difference, from, after } = change;
    this.counts[difference.cause]++;
    const to = after.policy === null ? '' : after.policy.source;
    const key = `${difference.cause}|${from.route}|${from.upstream}|${from.status}|${from.code}|${from.policy?.source ?? ''}|${after.route}|${after.upstream}|${after.status}|${after.code}|${to}|${difference.parts.join()}`;
    let group = this.#groups.get(key);
    if (group === undefined) {
      if (this.#groups.size >= MOST_GROUPS) {
        this.ungrouped++;
        return;
      }
      group = new Group(change);
      this.#groups.set(key, group);
    }
    group.add(change);
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

/** A request as it is shown. */
export function exampleOf({ line, exchange, difference, before, after }: Change): ChangeExample {
  const masking = new Masking();
  const isTarget = difference.parts.includes('path') || difference.parts.includes('query');
  const targetOf = (decided: Decided): string => masking.target(outgoingRequest(decided.exchange).target);
  return {
    line,
    method: exchange.method,
    host: exchange.host,
    path: masking.target(exchange.path),
    targets: isTarget && before !== null ? [targetOf(before), targetOf(after)] : null,
  };
}
