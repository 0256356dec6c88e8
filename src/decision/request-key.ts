import type { KeySource } from '../config/compiled-care.ts';
import type { RequestFacts } from './route/route-match.ts';

/** What of a request keys are made of. */
export type KeyedRequest = RequestFacts & { readonly clientIp: string };

/** The key of a request; null when it has none: no such header or cookie, no query. */
export function requestKey(source: KeySource, request: KeyedRequest): string | null {
  switch (source.by) {
    case 'header':
      return request.header(source.name);
    case 'cookie':
      return cookieValue(request.header('cookie'), source.name);
    case 'ip':
      return request.clientIp === '' ? null : request.clientIp;
    case 'path':
      return request.path;
    case 'query':
      return request.query;
    default:
      return source satisfies never;
  }
}

/** The first cookie of this name in a Cookie header (RFC 6265, section 4.2), as sent; null when there is none. */
export function cookieValue(header: string | null, name: string): string | null {
  if (header === null) return null;
  for (const pair of header.split(/[;,]/)) {
    const at = pair.indexOf('=');
    if (at > 0 && pair.slice(0, at).trim() === name) return pair.slice(at + 1).trim();
  }
  return null;
}
