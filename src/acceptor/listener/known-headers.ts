/**
 * Request headers the gateway acts on itself. Every other header is end-to-end and goes on as it came.
 *
 * `DROPPED` are hop-by-hop (RFC 9110, section 7.6.1), or spelled with an underscore so that an upstream which maps both
 * spellings to one variable (CGI and its heirs) would take them for a header that only the gateway may set.
 */
export const KIND = {
  END_TO_END: 0,
  CONTENT_LENGTH: 1,
  TRANSFER_ENCODING: 2,
  HOST: 3,
  CONNECTION: 4,
  EXPECT: 5,
  FORWARDED_FOR: 6,
  FORWARDED_PROTO: 7,
  FORWARDED_HOST: 8,
  VIA: 9,
  REQUEST_ID: 10,
  DROPPED: 11,
} as const;

export type HeaderKind = (typeof KIND)[keyof typeof KIND];

const KINDS: ReadonlyMap<string, HeaderKind> = new Map<string, HeaderKind>([
  ['content-length', KIND.CONTENT_LENGTH],
  ['transfer-encoding', KIND.TRANSFER_ENCODING],
  ['host', KIND.HOST],
  ['connection', KIND.CONNECTION],
  ['expect', KIND.EXPECT],
  ['x-forwarded-for', KIND.FORWARDED_FOR],
  ['x-forwarded-proto', KIND.FORWARDED_PROTO],
  ['x-forwarded-host', KIND.FORWARDED_HOST],
  ['via', KIND.VIA],
  ['x-request-id', KIND.REQUEST_ID],
  ['keep-alive', KIND.DROPPED],
  ['proxy-connection', KIND.DROPPED],
  ['proxy-authorization', KIND.DROPPED],
  ['te', KIND.DROPPED],
  ['trailer', KIND.DROPPED],
  ['upgrade', KIND.DROPPED],
  ['http2-settings', KIND.DROPPED],
]);

/** @param name lower-case header name */
export function kindOfHeader(name: string): HeaderKind {
  const kind = KINDS.get(name);
  if (kind !== undefined) return kind;
  if (name.includes('_') && KINDS.has(name.replaceAll('_', '-'))) return KIND.DROPPED;
  return KIND.END_TO_END;
}

/** Headers that Connection may not take off a request: without them an upstream would decide differently. */
const PROTECTED: ReadonlySet<string> = new Set([
  'authorization',
  'cookie',
  'cache-control',
  'content-type',
  'content-encoding',
  'content-length',
  'host',
  'origin',
  'range',
  'via',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'x-request-id',
]);

/**
 * Reads a Connection header (RFC 9110, section 7.6.1).
 *
 * @param value all its lines joined by commas
 * @returns the lower-case names of the headers it takes away, and `close` if that is among them; null when it names one
 *   that must stay
 */
export function connectionOptions(value: string): readonly string[] | null {
  const names: string[] = [];
  for (const part of value.toLowerCase().split(',')) {
    const name = part.trim();
    if (name === '' || name === 'keep-alive') continue;
    if (PROTECTED.has(name)) return null;
    names.push(name);
  }
  return names;
}
