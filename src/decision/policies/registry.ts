import { headers } from './headers.ts';
import type { PolicyDefinition } from './policy.ts';
import { respond } from './respond.ts';
import { transform } from './transform/transform.ts';
import { validate } from './validate/validate.ts';

/** Every built-in policy by its name in the config. Their schemas stand in config/schema/policies/registry.ts, by the same names. */
export const POLICIES = { headers, respond, transform, validate } as const satisfies Record<
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
