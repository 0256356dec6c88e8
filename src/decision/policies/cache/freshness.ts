import type { HeaderSource } from '../../header-changes.ts';
import type { CacheControl } from './cache-control.ts';
import { parseHttpDate } from './http-date.ts';

/** A tenth of the time since the last change is a common guess (RFC 9111, section 4.2.2)... */
const HEURISTIC_SHARE = 0.1;
/** ...which is never trusted for longer. */
const LONGEST_GUESS_MS = 60 * 60 * 1000;

/** What the config says about how long responses are fresh. */
export interface FreshnessRules {
  /** In milliseconds, for responses that say nothing themselves; null: guess from Last-Modified. */
  readonly ttl: number | null;
  readonly maxTtl: number | null;
  /** Use `ttl` whatever the response says. */
  readonly ignoreOrigin: boolean;
}

export interface Lifetime {
  readonly ms: number;
  /** The response itself says so, rather than the config or a guess. */
  readonly isExplicit: boolean;
}

/**
 * How long a response is fresh, from when it was made (RFC 9111, section 4.2.1): s-maxage, else max-age, else Expires, else the
 * config's `ttl`, else a guess.
 *
 * @param receivedAt when it arrived, in milliseconds since the epoch
 */
export function lifetimeOf(
  response: HeaderSource,
  control: CacheControl,
  rules: FreshnessRules,
  receivedAt: number,
): Lifetime {
  const explicit = rules.ignoreOrigin ? null : explicitMs(response, control, receivedAt);
  const ms = explicit ?? rules.ttl ?? guessMs(response, receivedAt);
  return { ms: rules.maxTtl === null ? ms : Math.min(ms, rules.maxTtl), isExplicit: explicit !== null };
}

function explicitMs(response: HeaderSource, control: CacheControl, receivedAt: number): number | null {
  const seconds = control.sMaxAge ?? control.maxAge;
  if (seconds !== null) return seconds * 1000;
  const expires = response.header('expires');
  if (expires === null) return null;
  // `0` and whatever else is no date mean that it has expired (section 5.3).
  const at = parseHttpDate(expires, receivedAt);
  return at === null ? 0 : Math.max(0, at - dateOf(response, receivedAt));
}

function guessMs(response: HeaderSource, receivedAt: number): number {
  const changed = parseHttpDate(response.header('last-modified'), receivedAt);
  if (changed === null) return 0;
  const unchangedFor = Math.max(0, dateOf(response, receivedAt) - changed);
  return Math.min(unchangedFor * HEURISTIC_SHARE, LONGEST_GUESS_MS);
}

function dateOf(response: HeaderSource, receivedAt: number): number {
  return parseHttpDate(response.header('date'), receivedAt) ?? receivedAt;
}

/**
 * How old a response is when it arrives (`corrected_initial_age` of RFC 9111, section 4.2.3), in milliseconds.
 *
 * @param receivedAt in milliseconds since the epoch
 * @param delayMs how long it was waited for
 */
export function initialAgeMs(response: HeaderSource, receivedAt: number, delayMs: number): number {
  const apparent = Math.max(0, receivedAt - dateOf(response, receivedAt));
  return Math.max(apparent, ageValueMs(response.header('age')) + delayMs);
}

/** Of several members the first counts, as of several lines; what is no number is ignored (section 5.1). */
function ageValueMs(age: string | null): number {
  const first = (age ?? '').split(',', 1)[0]!.trim();
  return /^\d+$/.test(first) ? Math.min(Number(first), 2 ** 31) * 1000 : 0;
}
