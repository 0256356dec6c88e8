import type { z } from 'zod';
import type { PolicyName } from '../../../decision/policies/registry.ts';
import { headersOptions } from './headers.ts';
import { respondOptions } from './respond.ts';
import { transformOptions } from './transform.ts';
import { validateOptions } from './validate.ts';

/** The options of every built-in policy, by its name in the config. What comes out is what its `create` takes. */
export const POLICY_OPTIONS = {
  headers: headersOptions,
  respond: respondOptions,
  transform: transformOptions,
  validate: validateOptions,
} as const satisfies Record<PolicyName, z.ZodType>;
