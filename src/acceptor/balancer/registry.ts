import type { CompiledUpstream } from '../../config/compiled.ts';
import type { BalancedEndpoint, Balancer, Load } from './balancer.ts';
import { HashBalancer } from './hash-balancer.ts';
import { LeastRequests } from './least-requests.ts';
import { RandomTwo } from './random-two.ts';
import { RoundRobin } from './round-robin.ts';

type Create = (endpoints: readonly BalancedEndpoint[], load: Load) => Balancer;

/** Every balancer by its name in the config. */
export const BALANCERS = {
  roundRobin: (endpoints) => new RoundRobin(endpoints.map(({ weight }) => weight)),
  leastRequests: (endpoints, load) => new LeastRequests(endpoints, load),
  randomTwo: (endpoints, load) => new RandomTwo(endpoints, load),
  hash: (endpoints) => new HashBalancer(endpoints),
} as const satisfies Record<CompiledUpstream['balance'], Create>;

/** @param endpoints at least one */
export function createBalancer(
  name: CompiledUpstream['balance'],
  endpoints: readonly BalancedEndpoint[],
  load: Load,
): Balancer {
  return BALANCERS[name](endpoints, load);
}
