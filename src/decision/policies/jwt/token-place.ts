/** Where requests carry their token, and how it is taken out of them. */
import type { Decision } from '../../decision.ts';
import { cookiePlace, type KeyPlace, queryPlace, UNREADABLE } from '../key-places.ts';
import type { TokenPlace } from './jwt-options.ts';

export interface TokenSource {
  /**
   * What tokens are remembered by: it holds the whole token, and ends with it.
   * Null: the request has no credentials of this kind.
   */
  find(decision: Decision): string | null;
  /** The token within what was found. */
  tokenIn(found: string): string;
  /** Takes the token out of what goes to the upstream. */
  remove(decision: Decision): void;
}

/** RFC 6750, section 2.1; the scheme's name in any case (RFC 9110, section 11.1). */
const BEARER = /^bearer(?: +|$)/i;
/** What stands behind a tab is no well-formed token, yet some upstreams would read it. */
const IS_BEARER = /^bearer(?:[ \t]|$)/i;

export function tokenSource({ kind, name }: TokenPlace): TokenSource {
  if (kind === 'cookie') return within(cookiePlace(name));
  if (kind === 'query') return within(queryPlace(name));
  const remove = (decision: Decision): void => decision.requestHeaders.remove(name);
  if (name === 'authorization') {
    return {
      find: (decision) => {
        const value = decision.header(name);
        if (value === null || isBearer(value)) return value;
        // A token behind credentials of another scheme would go on unchecked, and an upstream may read either line.
        return hasSeveral(decision.request.headers, name) ? NO_TOKEN : null;
      },
      tokenIn: (found) => found.replace(BEARER, ''),
      remove,
    };
  }
  return { find: (decision) => decision.header(name) || null, tokenIn: (found) => found, remove };
}

/** Most clients write `Bearer `: that is looked at first, without an expression. */
function isBearer(value: string): boolean {
  return value.startsWith('Bearer ') || IS_BEARER.test(value);
}

function hasSeveral(headers: readonly string[], name: string): boolean {
  let count = 0;
  for (let i = 0; i < headers.length; i += 2) if (headers[i] === name) count++;
  return count > 1;
}

/** Tokens are visible ASCII: this is none, and what a place with several of them is taken to hold. */
const NO_TOKEN = '\0';

function within(place: KeyPlace): TokenSource {
  return {
    find(decision) {
      const found = place.find(decision);
      return found === UNREADABLE ? NO_TOKEN : found;
    },
    tokenIn: (found) => found,
    remove: (decision) => place.remove(decision),
  };
}
