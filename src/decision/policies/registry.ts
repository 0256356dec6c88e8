import { authorize } from './authorize.ts';
import { basicAuth } from './basic-auth.ts';
import { cache } from './cache/cache.ts';
import { clientCertificate } from './client-certificate.ts';
import { concurrency } from './concurrency.ts';
import { cors } from './cors.ts';
import { fault } from './fault.ts';
import { headers } from './headers.ts';
import { ipFilter } from './ip-filter.ts';
import { jwt } from './jwt/jwt.ts';
import { keyAuth } from './key-auth.ts';
import { mirror } from './mirror.ts';
import type { PolicyDefinition } from './policy.ts';
import { quota } from './quota.ts';
import { rateLimit } from './rate-limit.ts';
import { redirect } from './redirect.ts';
import { respond } from './respond.ts';
import { rewrite } from './rewrite.ts';
import { transform } from './transform/transform.ts';
import { validate } from './validate/validate.ts';

/** Every built-in policy by its name in the config. Their schemas stand in config/schema/policies/registry.ts, by the same names. */
export const POLICIES = {
  authorize,
  basicAuth,
  cache,
  clientCertificate,
  concurrency,
  cors,
  fault,
  headers,
  ipFilter,
  jwt,
  keyAuth,
  mirror,
  quota,
  rateLimit,
  redirect,
  respond,
  rewrite,
  transform,
  validate,
} as const satisfies Record<string, PolicyDefinition<never>>;

export type PolicyName = keyof typeof POLICIES;

/** @param name one that passed the schema */
export function policyDefinition(name: string): PolicyDefinition<unknown> {
  const definition = (POLICIES as Record<string, PolicyDefinition<never>>)[name];
  if (definition === undefined) throw new RangeError(`no policy is named ${name}`);
  return definition as PolicyDefinition<unknown>;
}
