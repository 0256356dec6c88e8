import type { Decision } from '../decision.ts';
import type { Claims } from '../found-identity.ts';
import { challengesOf } from './challenge.ts';
import type { PolicyDefinition } from './policy.ts';
import { PASS, type Verdict } from './verdict.ts';

type Scalar = string | number | boolean;

/** What one claim has to be. */
export interface ClaimRule {
  /** As written; `a.b` is the claim of that name, else `b` within `a`. */
  readonly claim: string;
  /** `equals`: the value itself. `contains`: a list with it, or it alone. `oneOf`: any of these, or a list with any of them. */
  readonly test: 'equals' | 'contains' | 'oneOf';
  readonly values: readonly Scalar[];
}

/** Everything that is not null has to hold. */
export interface AuthorizeRule {
  /** The request's is one of these. */
  readonly methods: readonly string[] | null;
  /** The consumer is one of these. */
  readonly consumers: readonly string[] | null;
  /** The consumer is in one of these. */
  readonly groups: readonly string[] | null;
  /** The token has all of these. */
  readonly scopes: readonly string[] | null;
  readonly claims: readonly ClaimRule[];
}

export interface AuthorizeOptions {
  /** One that holds is enough. */
  readonly anyOf: readonly AuthorizeRule[];
}

/** What a rule first found wanting; null: it holds. Scopes come last, so that these are named only to who would have all else. */
type Missing = 'methods' | 'consumers' | 'groups' | 'claims' | 'scopes' | null;

/** Whether who asks may: by consumer, group, scope and claim. */
export const authorize: PolicyDefinition<AuthorizeOptions> = {
  name: 'authorize',
  phase: 'authorization',
  needs: [],
  create({ anyOf }) {
    const refusals = anyOf.map(({ scopes }) => [
      'www-authenticate',
      `Bearer error="insufficient_scope", scope="${(scopes ?? []).join(' ')}"`,
    ]);
    const refuse = (decision: Decision): Verdict => {
      if (decision.consumer === null && decision.claims === null) {
        decision.trace?.note('the request has no identity');
        return decision.refuse('credentials_missing', ['www-authenticate', challengesOf(decision, 'Bearer')]);
      }
      const missing = anyOf.map((rule) => whatIsMissing(rule, decision));
      decision.trace?.note(`no rule holds; wanting: ${missing.join('; ')}`);
      const byScopes = missing.indexOf('scopes');
      return decision.refuse('not_authorized', byScopes === -1 ? [] : refusals[byScopes]!);
    };
    return {
      onRequest(decision) {
        if (decision.consumer === null && decision.claims === null) return refuse(decision);
        for (let i = 0; i < anyOf.length; i++) {
          if (whatIsMissing(anyOf[i]!, decision) === null) return PASS;
        }
        return refuse(decision);
      },
      onResponse: null,
      onEnd: null,
    };
  },
};

function whatIsMissing(rule: AuthorizeRule, { request, consumer, claims }: Decision): Missing {
  if (rule.methods !== null && !rule.methods.includes(methodOf(request.method))) return 'methods';
  if (rule.consumers !== null && (consumer === null || !rule.consumers.includes(consumer.name))) return 'consumers';
  if (rule.groups !== null && (consumer === null || !sharesOne(consumer.groups, rule.groups))) return 'groups';
  for (let i = 0; i < rule.claims.length; i++) {
    if (claims === null || !holds(rule.claims[i]!, claims)) return 'claims';
  }
  if (rule.scopes !== null) {
    for (let i = 0; i < rule.scopes.length; i++) {
      if (claims === null || !hasScope(claims, rule.scopes[i]!)) return 'scopes';
    }
  }
  return null;
}

/** Who may GET may ask for the head of it (RFC 9110, section 9.3.2). */
function methodOf(method: string): string {
  return method === 'HEAD' ? 'GET' : method;
}

function sharesOne(some: readonly string[], others: readonly string[]): boolean {
  for (let i = 0; i < some.length; i++) {
    if (others.includes(some[i]!)) return true;
  }
  return false;
}

function holds({ claim, test, values }: ClaimRule, claims: Claims): boolean {
  const value = claimAt(claims, claim);
  if (Array.isArray(value)) {
    if (test === 'equals') return false;
    for (let i = 0; i < value.length; i++) {
      if (values.includes(value[i] as Scalar)) return true;
    }
    return false;
  }
  return values.includes(value as Scalar);
}

/**
 * The value of a claim. One whose name holds dots, as URLs do, is found by its whole name before the dots are read as a path.
 *
 * @returns undefined when there is none
 */
export function claimAt(claims: Claims, path: string): unknown {
  if (Object.hasOwn(claims, path)) return claims[path];
  let at: unknown = claims;
  let from = 0;
  while (from <= path.length) {
    const dot = path.indexOf('.', from);
    const end = dot === -1 ? path.length : dot;
    const name = path.slice(from, end);
    if (typeof at !== 'object' || at === null || Array.isArray(at) || !Object.hasOwn(at, name)) return undefined;
    at = (at as Readonly<Record<string, unknown>>)[name];
    from = end + 1;
  }
  return at;
}

/** Scopes stand in `scope`, separated by blanks (RFC 8693, section 4.2), or in `scp`, so or as a list. */
function hasScope(claims: Claims, scope: string): boolean {
  return isAmong(Object.hasOwn(claims, 'scope') ? claims['scope'] : claims['scp'], scope);
}

function isAmong(scopes: unknown, scope: string): boolean {
  if (Array.isArray(scopes)) return scopes.includes(scope);
  if (typeof scopes !== 'string') return false;
  for (let at = scopes.indexOf(scope); at !== -1; at = scopes.indexOf(scope, at + 1)) {
    const end = at + scope.length;
    const begins = at === 0 || scopes[at - 1] === ' ';
    if (begins && (end === scopes.length || scopes[end] === ' ')) return true;
  }
  return false;
}
