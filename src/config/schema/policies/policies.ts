/** `policies`: lists of policies that routes share, and the policies of one route. */
import { z } from 'zod';
import type { PolicyName } from '../../../decision/policies/registry.ts';
import { filePath, name } from '../fields.ts';
import { POLICY_OPTIONS } from './registry.ts';

const builtIn = Object.fromEntries(
  Object.entries(POLICY_OPTIONS).map(([policy, options]) => [policy, (options as z.ZodType).optional()]),
) as { [Name in PolicyName]: z.ZodOptional<z.ZodType> };

const shape = {
  ...builtIn,
  use: filePath('the path of a module')
    .optional()
    .describe(
      'A policy of your own: a TypeScript or JavaScript module that exports `policy`. See docs/own-policies.md.',
    ),
  options: z.json().optional().describe('Options of `use`, as its `optionsSchema` wants them.'),
};

/** A policy with its options: a map of one key, or `use` with `options`. */
export const policyEntry = z
  .strictObject(shape)
  .check((context) => {
    const names = Object.keys(context.value).filter((key) => key !== 'options');
    const hasOptions = Object.keys(context.value).length > names.length;
    if (hasOptions && !names.includes('use')) {
      context.issues.push({
        code: 'custom',
        input: context.value,
        path: ['options'],
        message: 'options go with use, expected those of a built-in policy under its name',
      });
      return;
    }
    const hasUnknown = context.issues.some(({ code }) => code === 'unrecognized_keys');
    if (names.length === 1 || (names.length === 0 && hasUnknown)) return;
    const problem = names.length === 0 ? 'is empty' : `names ${names.length} policies (${names.join(', ')})`;
    context.issues.push({
      code: 'custom',
      input: context.value,
      message: `{path} ${problem}, expected a map of one key: the policy's name`,
    });
  })
  .meta({ id: 'policy', title: 'policy', minProperties: 1, maxProperties: 2 });

/** A named list of policies. */
export const policyList = z.array(policyEntry);

/** The policies of a route: names of lists, and policies of its own. */
export const routePolicies = z.array(z.union([name('lists of policies'), policyEntry]));

export type PolicyEntry = z.output<typeof policyEntry>;
export type RoutePolicies = z.output<typeof routePolicies>;
