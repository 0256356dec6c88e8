/**
 * Chooses the endpoint of an upstream for one attempt.
 *
 * A balancer is told the weights once, when it is made, and answers with indexes into the upstream's endpoints. It keeps
 * what state it needs and shares none: each acceptor balances its own exchanges.
 */
export interface Balancer {
  /**
   * @param excluded endpoints not to choose: those that failed this exchange before, and those without room
   * @returns the index of an endpoint, or -1 when all are excluded
   */
  pick(excluded: ReadonlySet<number>): number;
}
