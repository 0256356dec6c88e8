/** Where requests carry their token, and how it is taken out of them. */
import type { Decision } from '../../decision.ts';
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

export function tokenSource({ kind, name }: TokenPlace): TokenSource {
  if (kind === 'cookie') return cookieSource(name);
  if (kind === 'query') return querySource(name);
  const remove = (decision: Decision): void => decision.requestHeaders.remove(name);
  if (name === 'authorization') {
    return {
      find: (decision) => {
        const value = decision.header(name);
        return value !== null && isBearer(value) ? value : null;
      },
      tokenIn: (found) => found.replace(BEARER, ''),
      remove,
    };
  }
  return { find: (decision) => decision.header(name) || null, tokenIn: (found) => found, remove };
}

/** Most clients write `Bearer `: that is looked at first, without an expression. */
function isBearer(value: string): boolean {
  return value.startsWith('Bearer ') || BEARER.test(value);
}

function cookieSource(name: string): TokenSource {
  const prefix = `${name}=`;
  return {
    find(decision) {
      const pairs = decision.header('cookie')?.split(/; */) ?? [];
      // Two cookies of one name, of different paths or domains: the more specific one comes first (RFC 6265, section 5.4).
      return pairs.find((pair) => pair.startsWith(prefix))?.slice(prefix.length) || null;
    },
    tokenIn: (found) => found,
    remove(decision) {
      const pairs = decision.header('cookie')?.split(/; */) ?? [];
      const kept = pairs.filter((pair) => !pair.startsWith(prefix));
      if (kept.length === 0) decision.requestHeaders.remove('cookie');
      else decision.requestHeaders.set('cookie', kept.join('; '));
    },
  };
}

/** Tokens need no escapes in a query: one that has some is not decoded, and so is malformed. */
function querySource(name: string): TokenSource {
  const prefix = `${name}=`;
  const queryOf = ({ target, request }: Decision): string => (target === null ? request.query : target.query) ?? '';
  return {
    find: (decision) =>
      queryOf(decision)
        .split('&')
        .find((pair) => pair.startsWith(prefix))
        ?.slice(prefix.length) || null,
    tokenIn: (found) => found,
    remove(decision) {
      const pairs = queryOf(decision).split('&');
      const kept = pairs.filter((pair) => !pair.startsWith(prefix));
      if (kept.length === pairs.length) return;
      const query = kept.length === 0 ? null : kept.join('&');
      decision.target = { path: decision.target?.path ?? forwardedPath(decision), query };
    },
  };
}

/** The path that the upstream is asked for as long as no policy says another. */
function forwardedPath({ request, route }: Decision): string {
  const prefix = route.forward?.stripPrefix ?? null;
  return prefix === null ? request.path : request.path.slice(prefix.length) || '/';
}
