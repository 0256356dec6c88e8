import type { z } from 'zod';
import type { PolicyName } from '../../../decision/policies/registry.ts';
import { authorizeOptions } from './authorize.ts';
import { basicAuthOptions } from './basic-auth.ts';
import { headersOptions } from './headers.ts';
import { ipFilterOptions } from './ip-filter.ts';
import { keyAuthOptions } from './key-auth.ts';
import { quotaOptions } from './quota.ts';
import { respondOptions } from './respond.ts';

/** The options of every built-in policy, by its name in the config. What comes out is what its `create` takes. */
export const POLICY_OPTIONS = {
  authorize: authorizeOptions,
  basicAuth: basicAuthOptions,
  headers: headersOptions,
  ipFilter: ipFilterOptions,
  keyAuth: keyAuthOptions,
  quota: quotaOptions,
  respond: respondOptions,
} as const satisfies Record<PolicyName, z.ZodType>;
