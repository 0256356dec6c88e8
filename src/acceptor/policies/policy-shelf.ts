import { LRUCache } from 'lru-cache';
import { type CompiledModule, type CompiledPolicy, type ModuleOptions, USER_POLICY } from '../../config/compiled.ts';
import { Chain, type ChainListener, type Guard, type Step } from '../../decision/chain.ts';
import type { Consumers } from '../../decision/consumers.ts';
import { evaluatePolicyModule } from '../../decision/policies/evaluate-module.ts';
import type { PolicyHost } from '../../decision/policies/host.ts';
import type { Policy, PolicyDefinition } from '../../decision/policies/policy.ts';
import { policyDefinition } from '../../decision/policies/registry.ts';
import { createUserPolicy } from './user-code.ts';

/** Policies kept ready. Memory grows with those in use, up to this many, not with those configured. */
const KEPT_POLICIES = 16_384;

/** What the policies of one acceptor share. */
export type SharedHost = Omit<PolicyHost, 'scope' | 'consumers'>;

/** Puts something around a policy that has just been made, or in its place. */
export type PolicyAdapter = (policy: Policy, compiled: CompiledPolicy, host: PolicyHost) => Policy;

const AS_IT_IS: PolicyAdapter = (policy) => policy;

/**
 * The policies of an acceptor, ready for use. One that did not change from one snapshot to the next is the same object, with
 * whatever it remembers; when the consumers have changed all are made anew.
 */
export class PolicyShelf {
  readonly #shared: SharedHost;
  readonly #guard: () => Guard;
  readonly #adapt: PolicyAdapter;
  readonly #policies = new LRUCache<string, Policy>({ max: KEPT_POLICIES });
  readonly #modules = new Map<string, PolicyDefinition<unknown>>();
  #consumers: Consumers;

  /**
   * @param guard made when the first policy of a user is
   * @param adapt for hosts that have not all that policies ask for
   */
  constructor(shared: SharedHost, consumers: Consumers, guard: () => Guard, adapt: PolicyAdapter = AS_IT_IS) {
    this.#shared = shared;
    this.#guard = guard;
    this.#adapt = adapt;
    this.#consumers = consumers;
  }

  /** Says that identities are others from now on. */
  changeConsumers(consumers: Consumers): void {
    this.#consumers = consumers;
    this.#policies.clear();
  }

  /** Takes over users' modules: those that are known go on as they are, those that are gone are forgotten. */
  useModules(modules: readonly CompiledModule[]): void {
    const digests = new Set(modules.map(({ digest }) => digest));
    for (const digest of this.#modules.keys()) if (!digests.has(digest)) this.#modules.delete(digest);
    for (const { digest, file, code } of modules) {
      if (!this.#modules.has(digest)) this.#modules.set(digest, evaluatePolicyModule(code, file));
    }
  }

  /** The policies of a route, in the order given. */
  chain(policies: readonly CompiledPolicy[], listener: ChainListener): Chain {
    const steps = policies.map((compiled): Step => {
      const isOwn = compiled.policy === USER_POLICY;
      const name = isOwn ? this.#definition(compiled).name : compiled.policy;
      return { name, source: compiled.source, policy: this.#policy(compiled), guard: isOwn ? this.#guard() : null };
    });
    return new Chain(steps, listener);
  }

  #definition({ policy: name, options }: CompiledPolicy): PolicyDefinition<unknown> {
    return name === USER_POLICY ? this.#modules.get((options as ModuleOptions).module)! : policyDefinition(name);
  }

  #policy(compiled: CompiledPolicy): Policy {
    const { policy: name, options, scope } = compiled;
    const key = JSON.stringify([name, options, scope]);
    let policy = this.#policies.get(key);
    if (policy === undefined) {
      const host = { ...this.#shared, scope, consumers: this.#consumers };
      const own = name === USER_POLICY ? (options as ModuleOptions).options : options;
      const definition = this.#definition(compiled);
      const made = name === USER_POLICY ? createUserPolicy(definition, own, host) : definition.create(own, host);
      policy = this.#adapt(made, compiled, host);
      this.#policies.set(key, policy);
    }
    return policy;
  }
}
