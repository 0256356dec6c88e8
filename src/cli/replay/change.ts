import type { RecordedExchange } from '../../recording/recorded-exchange.ts';
import type { Difference } from './compare.ts';
import type { Decided, PolicyPlace } from './decided.ts';

/** One side of a change. What the recording does not say is null. */
export interface ChangeSide {
  readonly route: string | null;
  readonly routeSource: string | null;
  readonly outcome: Decided['kind'];
  readonly upstream: string | null;
  readonly status: number | null;
  readonly code: string | null;
  readonly policy: PolicyPlace | null;
  /** In a group, of its first request; of all of them where it is what changes. */
  readonly consumer: string | null;
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
  const { kind, route, routeSource, upstream, status, code, policy, consumer } = decided;
  return { outcome: kind, route, routeSource, upstream, status, code, policy, consumer };
}
