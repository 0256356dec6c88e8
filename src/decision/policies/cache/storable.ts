import type { CacheControl } from './cache-control.ts';
import type { Lifetime } from './freshness.ts';

/** What decides whether a response may be stored. */
export interface StorableFacts {
  readonly status: number;
  /** Statuses that the config lets be stored. */
  readonly statuses: readonly number[];
  readonly request: CacheControl;
  readonly response: CacheControl;
  readonly lifetime: Lifetime;
  readonly hasValidator: boolean;
  readonly hasAuthorization: boolean;
  readonly hasCookie: boolean;
  /** The gateway knows who asked, and the entry is only ever used for the same identity. */
  readonly isIdentified: boolean;
  readonly setsCookie: boolean;
  readonly vary: string | null;
  /** See `cache.shared` and `cache.ignoreOrigin` of the config. */
  readonly shared: boolean;
  readonly ignoreOrigin: boolean;
  /** Declared; -1: not known yet. */
  readonly contentLength: number;
  readonly maxBodyBytes: number;
}

/** Statuses that this cache understands: what `must-understand` asks for (RFC 9111, section 5.2.2.3). */
export const UNDERSTOOD: ReadonlySet<number> = new Set([
  200, 203, 204, 300, 301, 302, 307, 308, 404, 405, 410, 414, 451, 501,
]);

/**
 * Why a response to a GET must not be stored by a shared cache (RFC 9111, section 3), or null.
 *
 * Stricter than the RFC in three places: a response with Set-Cookie is not stored unless the origin withholds that field
 * (`no-cache="set-cookie"`); a freshness that the origin has not given itself counts for nothing when the request
 * carries a cookie, which is how most origins tell users apart; and nothing is stored that could never be used.
 */
export function whyNotStorable(facts: StorableFacts): string | null {
  const { response, lifetime, ignoreOrigin } = facts;
  if (!facts.statuses.includes(facts.status)) return `status ${facts.status} is not one to store`;
  if (response.mustUnderstand && !UNDERSTOOD.has(facts.status))
    return 'must-understand, and the status is not understood';
  if (facts.request.noStore) return 'the request says no-store';
  // With must-understand, no-store is for caches that do not know the status (section 5.2.2.3).
  if (response.noStore && !response.mustUnderstand && !ignoreOrigin) return 'the response says no-store';
  if (response.isPrivate) return 'the response is private';
  if (facts.vary?.split(',').some((name) => name.trim() === '*')) return 'the response varies by everything';
  if (facts.setsCookie && !response.withheldFields.includes('set-cookie')) return 'the response sets a cookie';
  if (facts.contentLength > facts.maxBodyBytes) return 'the body is larger than maxBodyBytes';
  const credentials = whyNotWithCredentials(facts);
  if (credentials !== null) return credentials;
  if (lifetime.ms <= 0 && !facts.hasValidator) return 'the response is not fresh at any time and has no validator';
  return null;
}

/** Section 3.5, and cookies beside it. */
function whyNotWithCredentials(facts: StorableFacts): string | null {
  // What is stored for an identity that the gateway has checked is for that identity alone: nobody else can be shown it.
  if (facts.isIdentified && !facts.shared) return null;
  const { response } = facts;
  if (facts.hasAuthorization) {
    const isAllowed = response.isPublic || response.mustRevalidate || response.sMaxAge !== null;
    if (!isAllowed) return 'the request carries Authorization and the response does not say that it may be shared';
  }
  if (facts.hasCookie && !facts.lifetime.isExplicit && !facts.shared) {
    return 'the request carries a cookie and the response does not say how long it is fresh';
  }
  return null;
}
