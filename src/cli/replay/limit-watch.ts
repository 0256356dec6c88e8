/** The back-test of limits: each limit of a config with those it counted, and those it refused. */
import type { PolicyAdapter } from '../../acceptor/policies/policy-shelf.ts';
import { REFUSED } from '../../decision/policies/verdict.ts';
import type { DryExchange } from '../dry-gateway/dry-exchange.ts';
import { askedInstead } from './asked-instead.ts';
import type { HeldPeak, HeldPlaces } from './held-places.ts';
import { KeyHistory } from './key-history.ts';
import { type LimitKind, limitKind } from './limit-keys.ts';
import type { ReplayClock } from './replay-clock.ts';

/** Keys of one limit that are told apart; what further ones do is counted without their names. */
const MOST_KEYS = 200_000;
const WORST_KEYS = 5;

/** What a limit would have done with the requests of a recording. */
export interface BackTest {
  readonly policy: LimitKind['policy'];
  readonly source: string;
  readonly limit: string;
  readonly by: string;
  /** Requests that it counted. */
  readonly asked: number;
  readonly refused: number;
  /** Refused of those asked, 0 to 1. */
  readonly share: number;
  readonly keys: number;
  readonly keysRefused: number;
  /** Most requests that one key made in any window of the limit up to an hour; in a window of 0, at one time. */
  readonly peaks: readonly { readonly windowMs: number; readonly requests: number; readonly key: string }[];
  readonly worst: readonly { readonly key: string; readonly asked: number; readonly refused: number }[];
  /** Keys that were counted together because there are too many. */
  readonly hasMoreKeys: boolean;
}

interface KeyUse {
  readonly history: KeyHistory;
  refused: number;
}

class Watch {
  readonly source: string;
  readonly scope: string;
  readonly kind: LimitKind;
  readonly #uses = new Map<string, KeyUse>();
  readonly #others: KeyUse;
  #last: KeyUse;
  #asked = 0;
  #refused = 0;

  constructor(source: string, scope: string, kind: LimitKind) {
    this.source = source;
    this.scope = scope;
    this.kind = kind;
    this.#others = { history: new KeyHistory(kind.windows), refused: 0 };
    this.#last = this.#others;
  }

  ask(key: string, moment: number): void {
    let use = this.#uses.get(key);
    if (use === undefined) {
      use = this.#uses.size < MOST_KEYS ? { history: new KeyHistory(this.kind.windows), refused: 0 } : this.#others;
      if (use !== this.#others) this.#uses.set(key, use);
    }
    if (use !== this.#others) use.history.add(moment);
    this.#last = use;
    this.#asked++;
  }

  /** The request that was asked about last is refused, or would be. */
  refuse(): void {
    this.#last.refused++;
    this.#refused++;
  }

  result(held: HeldPeak | null, hide: (key: string) => string): BackTest {
    const { kind, source } = this;
    const show = (key: string): string => hide(kind.show(key));
    const uses = [...this.#uses].map(([key, { history, refused }]) => ({ key, history, refused }));
    const refused = uses.filter((use) => use.refused > 0).sort((a, b) => b.refused - a.refused);
    return {
      policy: kind.policy,
      source,
      limit: kind.limit,
      by: kind.by,
      asked: this.#asked,
      refused: this.#refused,
      share: this.#asked === 0 ? 0 : this.#refused / this.#asked,
      keys: uses.length,
      keysRefused: refused.length,
      peaks: [
        ...(held === null ? [] : [{ windowMs: 0, requests: held.requests, key: show(held.key) }]),
        ...kind.windows.flatMap((windowMs, index) => {
          const peak = maxBy(uses, ({ history }) => history.peaks[index]!);
          return peak === null ? [] : [{ windowMs, requests: peak.history.peaks[index]!, key: show(peak.key) }];
        }),
      ],
      worst: refused.slice(0, WORST_KEYS).map((use) => ({
        key: show(use.key),
        asked: use.history.total,
        refused: use.refused,
      })),
      hasMoreKeys: this.#uses.size >= MOST_KEYS,
    };
  }
}

function maxBy<T>(items: readonly T[], value: (item: T) => number): T | null {
  let most: T | null = null;
  for (const item of items) if (most === null || value(item) > value(most)) most = item;
  return most;
}

/** Watches the limits of one gateway. */
export class LimitWatch {
  readonly #clock: ReplayClock;
  readonly #places: HeldPlaces;
  /** By the place of the policy: one place has one limit, on however many routes. */
  readonly #watches = new Map<string, Watch>();

  constructor(clock: ReplayClock, places: HeldPlaces) {
    this.#clock = clock;
    this.#places = places;
  }

  readonly adapt: PolicyAdapter = (policy, { policy: name, options, source }, host) => {
    const kind = limitKind(name, options);
    const { onRequest } = policy;
    if (kind === null || onRequest === null) return policy;
    const watch = this.#watches.get(source) ?? new Watch(source, host.scope, kind);
    this.#watches.set(source, watch);
    return askedInstead(policy, (decision) => {
      watch.ask(kind.keyOf(decision), this.#clock.offset);
      const before = decision.dryRunRefusals;
      const verdict = onRequest(decision);
      if (decision.dryRunRefusals > before || (verdict === REFUSED && kind.policy !== 'concurrency')) watch.refuse();
      return verdict;
    });
  };

  /** A limit that may let requests wait says only in the end that it refuses one. */
  noteOutcome({ outcome, decision, route }: DryExchange): void {
    if (outcome!.kind !== 'refuse' || outcome!.code !== 'concurrency_exceeded') return;
    this.#watches.get(route!.chain!.steps[decision!.step]!.source)?.refuse();
  }

  /** Those that refuse most first. @param hide takes what is secret out of a key */
  results(hide: (key: string) => string): BackTest[] {
    const tests = [...this.#watches.values()].map((watch) => watch.result(this.#places.peakOf(watch.scope), hide));
    return tests.sort((a, b) => b.refused - a.refused || b.asked - a.asked);
  }
}
