/**
 * Chooses the endpoint of an upstream for one attempt.
 *
 * A balancer is told the endpoints once, when it is made, and answers with indexes into them. It keeps what state it needs and
 * shares none; what all acceptors have in flight at an endpoint it asks its load.
 */
export interface Balancer {
  /**
   * @param excluded endpoints not to choose: those that failed this exchange before, are unhealthy, or have no room
   * @param key what the choice goes by, for balancers that go by one; null: the request has none
   * @returns the index of an endpoint, or -1 when all are excluded
   */
  pick(excluded: ReadonlySet<number>, key?: string | null): number;
}

export interface BalancedEndpoint {
  /** The same over reloads and in every acceptor. */
  readonly name: string;
  /** A positive integer. */
  readonly weight: number;
}

/** What balancers may know beside the endpoints. */
export interface Load {
  /** Requests in flight at an endpoint, over all acceptors. */
  inFlight(index: number): number;
  /** From 0 up to, not including, 1. */
  random(): number;
}
