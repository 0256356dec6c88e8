/** Policies outside of a gateway: made from options as a config writes them, asked about requests that were never sent. */

import { POLICY_OPTIONS } from '../../src/config/schema/policies/registry.ts';
import { Chain } from '../../src/decision/chain.ts';
import { Decision } from '../../src/decision/decision.ts';
import { askRequest, type DryEffects, DryRequest, type DryRequestParts, dryHost } from '../../src/decision/dry-run.ts';
import type { PolicyHost } from '../../src/decision/policies/host.ts';
import type { Policy } from '../../src/decision/policies/policy.ts';
import { type PolicyName, policyDefinition } from '../../src/decision/policies/registry.ts';
import type { Verdict } from '../../src/decision/policies/verdict.ts';

export const NO_BODIES: DryEffects = { requestBody: Buffer.alloc(0), responseBody: Buffer.alloc(0) };

/** @param written options as a config writes them: they go through the schema */
export function makePolicy(name: PolicyName, written: unknown, host: PolicyHost = dryHost()): Policy {
  return policyDefinition(name).create(POLICY_OPTIONS[name].parse(written), host);
}

export interface Asked {
  readonly verdict: Verdict;
  readonly decision: Decision;
  readonly chain: Chain;
}

/** Asks one policy about a request. What it throws is thrown. */
export async function ask(policy: Policy, parts: DryRequestParts, effects: DryEffects = NO_BODIES): Promise<Asked> {
  const chain = chainOf(policy);
  const decision = new Decision(new DryRequest(parts), { name: 'a-route' }, null);
  return { verdict: await askRequest(chain, decision, effects), decision, chain };
}

export function chainOf(...policies: readonly Policy[]): Chain {
  const steps = policies.map((policy, index) => ({
    name: `policy ${index}`,
    source: `test:${index + 1}:1`,
    policy,
    guard: null,
  }));
  return new Chain(steps, {
    onStep: () => {},
    onFault: (_, error) => {
      throw error;
    },
  });
}
