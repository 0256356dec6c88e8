import { Rendezvous } from '../../decision/rendezvous.ts';
import type { BalancedEndpoint, Balancer } from './balancer.ts';
import { RoundRobin } from './round-robin.ts';

/** The same endpoint for the same key as long as it can be had, in every acceptor. Requests without a key take turns. */
export class HashBalancer implements Balancer {
  readonly #keyed: Rendezvous;
  readonly #unkeyed: RoundRobin;

  constructor(endpoints: readonly BalancedEndpoint[]) {
    this.#keyed = new Rendezvous(endpoints);
    this.#unkeyed = new RoundRobin(endpoints.map(({ weight }) => weight));
  }

  pick(excluded: ReadonlySet<number>, key: string | null = null): number {
    return key === null ? this.#unkeyed.pick(excluded) : this.#keyed.choose(key, excluded);
  }
}
