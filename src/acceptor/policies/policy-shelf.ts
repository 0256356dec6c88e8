import { LRUCache } from 'lru-cache';
import type { CompiledPolicy } from '../../config/compiled.ts';
import { Chain, type ChainListener, type Step } from '../../decision/chain.ts';
import type { Consumers } from '../../decision/consumers.ts';
import type { PolicyHost } from '../../decision/policies/host.ts';
import type { Policy } from '../../decision/policies/policy.ts';
import { policyDefinition } from '../../decision/policies/registry.ts';

/** Policies kept ready. Memory grows with those in use, up to this many, not with those configured. */
const KEPT_POLICIES = 16_384;

/** What the policies of one acceptor share. */
export type SharedHost = Omit<PolicyHost, 'scope' | 'consumers'>;

/**
 * The policies of an acceptor, ready for use. One that did not change from one snapshot to the next is the same object, with
 * whatever it remembers; when the consumers have changed all are made anew.
 */
export class PolicyShelf {
  readonly #shared: SharedHost;
  readonly #policies = new LRUCache<string, Policy>({ max: KEPT_POLICIES });
  #consumers: Consumers;

  constructor(shared: SharedHost, consumers: Consumers) {
    this.#shared = shared;
    this.#consumers = consumers;
  }

  /** Says that identities are others from now on. */
  changeConsumers(consumers: Consumers): void {
    this.#consumers = consumers;
    this.#policies.clear();
  }

  /** The policies of a route, in the order given. */
  chain(policies: readonly CompiledPolicy[], listener: ChainListener): Chain {
    const steps = policies.map((compiled): Step => {
      return { name: compiled.policy, source: compiled.source, policy: this.#policy(compiled) };
    });
    return new Chain(steps, listener);
  }

  #policy({ policy: name, options, scope }: CompiledPolicy): Policy {
    const key = JSON.stringify([name, options, scope]);
    let policy = this.#policies.get(key);
    if (policy === undefined) {
      policy = policyDefinition(name).create(options, { ...this.#shared, scope, consumers: this.#consumers });
      this.#policies.set(key, policy);
    }
    return policy;
  }
}
