import type { CompiledUpstream } from '../../config/compiled.ts';
import type { Balancer } from './balancer.ts';
import { RoundRobin } from './round-robin.ts';

/** Every balancer by its name in the config. */
export const BALANCERS = {
  roundRobin: (weights: readonly number[]): Balancer => new RoundRobin(weights),
} as const satisfies Record<CompiledUpstream['balance'], (weights: readonly number[]) => Balancer>;

/** @param weights positive integers, one an endpoint, at least one */
export function createBalancer(name: CompiledUpstream['balance'], weights: readonly number[]): Balancer {
  return BALANCERS[name](weights);
}
