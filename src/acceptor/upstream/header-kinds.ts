import { spells } from './octets.ts';

/**
 * What a header of a response is to a proxy. `endToEnd` is 0, so that a zeroed array says "copy everything"; whatever is
 * not 0 is left out of the copy.
 */
export const KIND = {
  endToEnd: 0,
  contentLength: 1,
  transferEncoding: 2,
  connection: 3,
  keepAlive: 4,
  /** Meant for one connection, or written anew by the downstream. */
  dropped: 5,
} as const;

/**
 * Kind of a header name in any case, given as bytes.
 *
 * Hop-by-hop by RFC 9110, section 7.6.1, and by older usage: Keep-Alive, Proxy-Connection, TE, Trailer, Upgrade and the
 * Proxy-Authenticate family, which speaks of this connection. Proxy-Status (RFC 9209) is meant to travel on and does. Date
 * is dropped because the downstream always writes its own.
 */
export function kindOf(bytes: Uint8Array, start: number, end: number): number {
  switch (end - start) {
    case 2:
      return spells(bytes, start, end, 'te') ? KIND.dropped : KIND.endToEnd;
    case 4:
      return spells(bytes, start, end, 'date') ? KIND.dropped : KIND.endToEnd;
    case 7:
      return spells(bytes, start, end, 'trailer') || spells(bytes, start, end, 'upgrade')
        ? KIND.dropped
        : KIND.endToEnd;
    case 10:
      if (spells(bytes, start, end, 'connection')) return KIND.connection;
      return spells(bytes, start, end, 'keep-alive') ? KIND.keepAlive : KIND.endToEnd;
    case 14:
      return spells(bytes, start, end, 'content-length') ? KIND.contentLength : KIND.endToEnd;
    case 16:
      return spells(bytes, start, end, 'proxy-connection') ? KIND.dropped : KIND.endToEnd;
    case 17:
      return spells(bytes, start, end, 'transfer-encoding') ? KIND.transferEncoding : KIND.endToEnd;
    case 18:
      return spells(bytes, start, end, 'proxy-authenticate') ? KIND.dropped : KIND.endToEnd;
    case 25:
      return spells(bytes, start, end, 'proxy-authentication-info') ? KIND.dropped : KIND.endToEnd;
    default:
      return KIND.endToEnd;
  }
}

/**
 * Headers that `Connection` cannot remove although it names them: without them the body would mean something else, or be
 * stored where it must not be (RFC 9110, section 7.6.1 forbids naming such fields).
 */
const KEPT_EVEN_IF_NAMED = [
  'cache-control',
  'content-encoding',
  'content-range',
  'content-type',
  'set-cookie',
  'vary',
] as const;

export function isKeptEvenIfNamed(bytes: Uint8Array, start: number, end: number): boolean {
  return KEPT_EVEN_IF_NAMED.some((name) => spells(bytes, start, end, name));
}
