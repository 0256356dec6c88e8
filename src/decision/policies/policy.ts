import type { ErrorCode } from '../../errors/table.ts';
import type { RequestFacts } from '../route/route-match.ts';

/**
 * A policy of the request phase, compiled for one route. It decides from facts alone and waits for nothing: what has to be
 * waited for is an effect that the host performs. Routes without policies have no list at all, so that none costs nothing.
 */
export interface RequestPolicy {
  /** Why the request is refused, or null to let it pass. */
  decide(facts: RequestFacts): ErrorCode | null;
}
