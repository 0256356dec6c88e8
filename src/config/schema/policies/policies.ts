/** `policies`: lists of policies that routes share, and the policies of one route. */
import { z } from 'zod';
import type { PolicyName } from '../../../decision/policies/registry.ts';
import { name } from '../fields.ts';
import { POLICY_OPTIONS } from './registry.ts';

const shape = Object.fromEntries(
  Object.entries(POLICY_OPTIONS).map(([policy, options]) => [policy, (options as z.ZodType).optional()]),
) as { [Name in PolicyName]: z.ZodOptional<z.ZodType> };

/** A policy with its options: a map of one key. */
export const policyEntry = z
  .strictObject(shape)
  .check((context) => {
    const names = Object.keys(context.value);
    const hasUnknown = context.issues.some(({ code }) => code === 'unrecognized_keys');
    if (names.length === 1 || (names.length === 0 && hasUnknown)) return;
    const problem = names.length === 0 ? 'is empty' : `names ${names.length} policies (${names.join(', ')})`;
    context.issues.push({
      code: 'custom',
      input: context.value,
      message: `{path} ${problem}, expected a map of one key: the policy's name`,
    });
  })
  .meta({ minProperties: 1, maxProperties: 1 });

/** A named list of policies. */
export const policyList = z.array(policyEntry);

/** The policies of a route: names of lists, and policies of its own. */
export const routePolicies = z.array(z.union([name('lists of policies'), policyEntry]));

export type PolicyEntry = z.output<typeof policyEntry>;
export type RoutePolicies = z.output<typeof routePolicies>;
