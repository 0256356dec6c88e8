import type { z } from 'zod';
import type { PolicyName } from '../../../decision/policies/registry.ts';
import { authorizeOptions } from './authorize.ts';
import { basicAuthOptions } from './basic-auth.ts';
import { cacheOptions } from './cache.ts';
import { clientCertificateOptions } from './client-certificate.ts';
import { concurrencyOptions } from './concurrency.ts';
import { corsOptions } from './cors.ts';
import { faultOptions } from './fault.ts';
import { headersOptions } from './headers.ts';
import { ipFilterOptions } from './ip-filter.ts';
import { jwtOptions } from './jwt.ts';
import { keyAuthOptions } from './key-auth.ts';
import { mirrorOptions } from './mirror.ts';
import { quotaOptions } from './quota.ts';
import { rateLimitOptions } from './rate-limit.ts';
import { redirectOptions } from './redirect.ts';
import { respondOptions } from './respond.ts';
import { rewriteOptions } from './rewrite.ts';
import { transformOptions } from './transform.ts';
import { validateOptions } from './validate.ts';

/** The options of every built-in policy, by its name in the config. What comes out is what its `create` takes. */
export const POLICY_OPTIONS = {
  authorize: authorizeOptions,
  basicAuth: basicAuthOptions,
  cache: cacheOptions,
  clientCertificate: clientCertificateOptions,
  concurrency: concurrencyOptions,
  cors: corsOptions,
  fault: faultOptions,
  headers: headersOptions,
  ipFilter: ipFilterOptions,
  jwt: jwtOptions,
  keyAuth: keyAuthOptions,
  mirror: mirrorOptions,
  quota: quotaOptions,
  rateLimit: rateLimitOptions,
  redirect: redirectOptions,
  respond: respondOptions,
  rewrite: rewriteOptions,
  transform: transformOptions,
  validate: validateOptions,
} as const satisfies Record<PolicyName, z.ZodType>;
