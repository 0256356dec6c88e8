import { authorize } from './authorize.ts';
import { basicAuth } from './basic-auth.ts';
import { headers } from './headers.ts';
import { ipFilter } from './ip-filter.ts';
import { keyAuth } from './key-auth.ts';
import type { PolicyDefinition } from './policy.ts';
import { quota } from './quota.ts';
import { respond } from './respond.ts';

/** Every built-in policy by its name in the config. Their schemas stand in config/schema/policies/registry.ts, by the same names. */
export const POLICIES = { authorize, basicAuth, headers, ipFilter, keyAuth, quota, respond } as const satisfies Record<
  string,
  PolicyDefinition<never>
>;

export type PolicyName = keyof typeof POLICIES;

/** @param name one that passed the schema */
export function policyDefinition(name: string): PolicyDefinition<unknown> {
  const definition = (POLICIES as Record<string, PolicyDefinition<never>>)[name];
  if (definition === undefined) throw new RangeError(`no policy is named ${name}`);
  return definition as PolicyDefinition<unknown>;
}
