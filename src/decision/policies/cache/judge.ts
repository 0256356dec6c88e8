import type { CacheControl } from './cache-control.ts';
import type { StoredResponse } from './stored-response.ts';

/** How long stale responses may be used where the origin says nothing of it, in milliseconds. */
export interface StaleRules {
  readonly staleWhileRevalidate: number;
  readonly staleIfError: number;
}

/**
 * What a stored response is good for:
 *
 *   fresh       it answers
 *   stale       it answers although it is stale, because the client takes it so
 *   refresh     it answers, and is asked for anew behind the client's back (RFC 5861, section 3)
 *   revalidate  it does not answer before the origin has said that it still may
 */
export type Judgement = 'fresh' | 'stale' | 'refresh' | 'revalidate';

/** Whether a stored response answers this request (RFC 9111, sections 4 and 5.2.1). @param now by the monotonic clock */
export function judge(stored: StoredResponse, request: CacheControl, rules: StaleRules, now: number): Judgement {
  if (request.noCache || stored.control.noCache) return 'revalidate';
  const age = stored.ageMs(now);
  if (request.maxAge !== null && age > request.maxAge * 1000) return 'revalidate';
  const left = stored.lifetimeMs - age;
  if (left > 0) return left >= (request.minFresh ?? 0) * 1000 ? 'fresh' : 'revalidate';
  if (request.minFresh !== null || forbidsStale(stored.control)) return 'revalidate';
  // Not `<=`: what may not be used stale at all is not used in the very millisecond in which it becomes so either.
  if (-left < allowedMs(stored.control, 'staleWhileRevalidate', rules)) return 'refresh';
  const { sMaxAge } = stored.control;
  return sMaxAge === null && request.maxStale !== null && -left <= request.maxStale * 1000 ? 'stale' : 'revalidate';
}

/** Whether it may answer when the origin fails (RFC 5861, section 4). */
export function survivesError(stored: StoredResponse, request: CacheControl, rules: StaleRules, now: number): boolean {
  if (stored.control.noCache || request.noCache || forbidsStale(stored.control)) return false;
  const staleFor = stored.ageMs(now) - stored.lifetimeMs;
  const asked = stored.control.sMaxAge === null ? (request.staleIfError ?? 0) * 1000 : 0;
  const allowed = Math.max(allowedMs(stored.control, 'staleIfError', rules), asked);
  // Fresh ones, which a request asked to have checked, are better than an error, too.
  return staleFor < allowed && allowed > 0;
}

/** Section 4.2.4. */
function forbidsStale({ mustRevalidate, proxyRevalidate }: CacheControl): boolean {
  return mustRevalidate || proxyRevalidate;
}

/**
 * How long past its lifetime a response may be used. What it says itself comes before the config; s-maxage means
 * proxy-revalidate, too (section 5.2.2.10), unless the response allows the opposite in the same breath, as many origins do.
 */
function allowedMs(control: CacheControl, directive: keyof StaleRules, rules: StaleRules): number {
  const seconds = control[directive];
  if (seconds !== null) return seconds * 1000;
  return control.sMaxAge === null ? rules[directive] : 0;
}
