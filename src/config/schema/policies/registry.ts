import type { z } from 'zod';
import type { PolicyName } from '../../../decision/policies/registry.ts';
import { concurrencyOptions } from './concurrency.ts';
import { headersOptions } from './headers.ts';
import { rateLimitOptions } from './rate-limit.ts';
import { respondOptions } from './respond.ts';

/** The options of every built-in policy, by its name in the config. What comes out is what its `create` takes. */
export const POLICY_OPTIONS = {
  concurrency: concurrencyOptions,
  headers: headersOptions,
  rateLimit: rateLimitOptions,
  respond: respondOptions,
} as const satisfies Record<PolicyName, z.ZodType>;
