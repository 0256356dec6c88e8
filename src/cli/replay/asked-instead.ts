import type { Policy } from '../../decision/policies/policy.ts';

/** The policy with something else asked about requests in its place. Its functions may stand on a prototype: none is spread. */
export function askedInstead(policy: Policy, onRequest: NonNullable<Policy['onRequest']>): Policy {
  return { onRequest, onResponse: policy.onResponse, onFailure: policy.onFailure ?? null, onEnd: policy.onEnd };
}
