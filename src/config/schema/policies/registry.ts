import type { z } from 'zod';
import type { PolicyName } from '../../../decision/policies/registry.ts';
import { cacheOptions } from './cache.ts';
import { headersOptions } from './headers.ts';
import { respondOptions } from './respond.ts';

/** The options of every built-in policy, by its name in the config. What comes out is what its `create` takes. */
export const POLICY_OPTIONS = {
  cache: cacheOptions,
  headers: headersOptions,
  respond: respondOptions,
} as const satisfies Record<PolicyName, z.ZodType>;
