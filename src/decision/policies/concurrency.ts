import type { Millis } from '../../brand.ts';
import type { Decision } from '../decision.ts';
import type { Place } from './host.ts';
import { keyBy, type LimitBy } from './limit-key.ts';
import type { PolicyDefinition } from './policy.ts';
import { PASS, type Verdict } from './verdict.ts';

export interface ConcurrencyOptions {
  /** Requests of one key in flight, over all acceptors. */
  readonly limit: number;
  readonly by: LimitBy;
  /** Bits of an IPv6 address that tell clients apart. */
  readonly ipv6Prefix: number;
  readonly queue: {
    /** Requests of one acceptor that may wait for a place; 0: none. */
    readonly size: number;
    readonly timeout: Millis;
  };
}

/** What the host allows beyond the queue's own limit before it takes the wait for a fault. */
const SLACK_MS = 5000;
/** A place may be free at any time: soon is as good as any guess. */
const RETRY_AFTER = ['retry-after', '1'] as const;

/** At most so many requests in flight, for each of those who are told apart, over all acceptors. */
export const concurrency: PolicyDefinition<ConcurrencyOptions> = {
  name: 'concurrency',
  phase: 'limits',
  needs: ['promise'],
  create({ limit, by, ipv6Prefix, queue }, host) {
    const gate = host.flights.gate(host.scope, { limit, queue: queue.size, timeout: queue.timeout });
    const keyOf = keyBy(by, ipv6Prefix);
    const patience = (queue.timeout + SLACK_MS) as Millis;
    // What is kept of a decision is kept under this.
    const owner = {};

    const take = (decision: Decision, place: Place): Verdict => {
      place.keep();
      decision.keep(owner, place);
      return PASS;
    };
    const refuse = (decision: Decision): Verdict => {
      decision.trace?.note(`${limit} requests are in flight already`);
      return decision.refuse('concurrency_exceeded', RETRY_AFTER);
    };
    const wait = (decision: Decision, key: string): Verdict => {
      const run = (signal: AbortSignal): Promise<Place | null> => gate.wait(key, signal) ?? Promise.resolve(null);
      return decision.wait({ kind: 'promise', limit: patience, run }, (place: Place | null) =>
        place === null ? refuse(decision) : take(decision, place),
      );
    };

    const onRequest = (decision: Decision): Verdict => {
      const key = keyOf(decision);
      const place = gate.enter(key);
      if (place !== null) return take(decision, place);
      return queue.size === 0 ? refuse(decision) : wait(decision, key);
    };
    const onEnd = (decision: Decision): void => (decision.kept(owner) as Place | undefined)?.leave();
    return { onRequest, onResponse: null, onEnd };
  },
};
