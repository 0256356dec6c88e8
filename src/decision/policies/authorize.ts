import type { Claims, Decision } from '../decision.ts';
import type { PolicyDefinition } from './policy.ts';
import { PASS } from './verdict.ts';

/** What a claim must be. Values are plain JSON, compared as they are. */
export interface ClaimCondition {
  /** Names of nested members joined by dots: `realm_access.roles`. */
  readonly claim: string;
  readonly test: 'equals' | 'contains' | 'oneOf';
  /** One value for `equals` and `contains`. */
  readonly values: readonly (string | number | boolean)[];
}

/** All that is not empty must hold. */
export interface AuthorizeRule {
  /** The rule is for these methods; empty: for all. */
  readonly methods: readonly string[];
  /** The consumer must be in one of these. */
  readonly groups: readonly string[];
  readonly consumers: readonly string[];
  /** The token must have all of these. */
  readonly scopes: readonly string[];
  readonly claims: readonly ClaimCondition[];
}

export interface AuthorizeOptions {
  /** One of these must hold. */
  readonly anyOf: readonly AuthorizeRule[];
}

/** Lets identities in by what they are: groups, names, scopes, claims. */
export const authorize: PolicyDefinition<AuthorizeOptions> = {
  name: 'authorize',
  phase: 'authorization',
  needs: [],
  create({ anyOf }) {
    const challenge = challengeOf(anyOf);
    return {
      onRequest(decision) {
        if (decision.consumer === null && decision.claims === null) {
          decision.trace?.note('nobody has said who is asking');
          return decision.refuse('credentials_missing', ['www-authenticate', 'Bearer realm="penstock"']);
        }
        for (const [index, rule] of anyOf.entries()) {
          const problem = whyNot(rule, decision);
          if (problem === null) {
            decision.trace?.note(`rule ${index + 1} of ${anyOf.length} holds`);
            return PASS;
          }
          decision.trace?.note(`rule ${index + 1} of ${anyOf.length}: ${problem}`);
        }
        return decision.refuse('not_authorized', challenge);
      },
      onResponse: null,
      onEnd: null,
    };
  },
};

/** Which part of a rule does not hold, or null. */
function whyNot(rule: AuthorizeRule, { request, consumer, claims }: Decision): string | null {
  const { methods, groups, consumers, scopes } = rule;
  if (methods.length > 0 && !methods.includes(request.method)) return 'another method';
  if (groups.length > 0 && !groups.some((group) => consumer?.groups.includes(group))) return 'in none of its groups';
  if (consumers.length > 0 && (consumer === null || !consumers.includes(consumer.name))) return 'another consumer';
  if (scopes.length > 0) {
    const given = scopesOf(claims);
    if (!scopes.every((scope) => given.includes(scope))) return 'a scope is missing';
  }
  const failed = rule.claims.find((condition) => !holds(condition, claims));
  return failed === undefined ? null : `claim ${failed.claim} is not as it must be`;
}

/** Claim `scope`, text with blanks (RFC 8693, section 4.2), or `scp`, a list or such text, as some providers write it. */
function scopesOf(claims: Claims | null): readonly string[] {
  const scope = claims?.['scope'] ?? claims?.['scp'];
  if (typeof scope === 'string') return scope.split(' ');
  return Array.isArray(scope) ? scope.filter((item) => typeof item === 'string') : [];
}

function holds({ claim, test, values }: ClaimCondition, claims: Claims | null): boolean {
  const value = valueOfClaim(claims, claim);
  if (test === 'contains') {
    if (Array.isArray(value)) return value.includes(values[0]);
    return typeof value === 'string' && value.split(' ').includes(String(values[0]));
  }
  return values.includes(value as string);
}

/** Own members alone: a claim named `constructor` is there only when the token has it. */
function valueOfClaim(claims: Claims | null, path: string): unknown {
  if (claims === null) return undefined;
  if (Object.hasOwn(claims, path)) return claims[path];
  let value: unknown = claims;
  for (const step of path.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined;
    value = (value as Record<string, unknown>)[step];
  }
  return value;
}

/** RFC 6750, section 3.1: which scopes would have done, where one rule alone asks for some. */
function challengeOf(rules: readonly AuthorizeRule[]): readonly string[] {
  const scopes = rules.length === 1 ? rules[0]!.scopes : [];
  if (scopes.length === 0) return [];
  return ['www-authenticate', `Bearer realm="penstock", error="insufficient_scope", scope="${scopes.join(' ')}"`];
}
