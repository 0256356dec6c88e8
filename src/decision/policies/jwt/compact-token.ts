/** Tokens in their compact form (RFC 7515, section 3.1; RFC 7519): three segments, of which nothing is believed here. */

/** A token that has been taken apart. Its claims stay a segment until its signature has been checked. */
export interface CompactToken {
  /** As the token names it: any text. */
  readonly alg: string;
  readonly kid: string | null;
  readonly typ: string | null;
  /** Names header parameters that must be understood (RFC 7515, section 4.1.11). */
  readonly hasCrit: boolean;
  readonly payload: string;
  readonly signed: Buffer;
  readonly signature: Buffer;
}

/**
 * base64url without padding, in the one spelling each text has: the unused bits of the last character are 0. Node's own decoder,
 * and that of jose, is generous about blanks, padding and those bits.
 */
const SEGMENT = /^(?:[A-Za-z0-9_-]{4})*(?:[A-Za-z0-9_-][AQgw]|[A-Za-z0-9_-]{2}[AEIMQUYcgkosw048])?$/;

/** Claims are read by code that recurses. */
const DEEPEST_CLAIMS = 32;

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** @returns null when it is not one */
export function readToken(text: string): CompactToken | null {
  const first = text.indexOf('.');
  const last = text.lastIndexOf('.');
  if (first <= 0 || last === first || last === text.length - 1 || last === first + 1) return null;
  const head = text.slice(0, first);
  const payload = text.slice(first + 1, last);
  const signature = text.slice(last + 1);
  if (!SEGMENT.test(head) || !SEGMENT.test(payload) || !SEGMENT.test(signature)) return null;
  const header = readObject(head);
  if (header === null) return null;
  const { alg, kid, typ, crit } = header;
  if (typeof alg !== 'string') return null;
  if ((kid !== undefined && typeof kid !== 'string') || (typ !== undefined && typeof typ !== 'string')) return null;
  return {
    alg,
    kid: kid ?? null,
    typ: typ ?? null,
    hasCrit: crit !== undefined,
    payload,
    signed: Buffer.from(text.slice(0, last), 'latin1'),
    signature: Buffer.from(signature, 'base64url'),
  };
}

/** Whether it is a token of the one form that has no signature at all (RFC 7519, section 6). */
export function isUnsigned(text: string): boolean {
  if (!text.endsWith('.')) return false;
  const head = text.slice(0, text.indexOf('.'));
  const alg = SEGMENT.test(head) ? readObject(head)?.['alg'] : null;
  return typeof alg === 'string' && alg.toLowerCase() === 'none';
}

/** The claims of a payload; null when it holds none, or nests too deep. */
export function readClaims(payload: string): Readonly<Record<string, unknown>> | null {
  const claims = readObject(payload);
  return claims === null || isDeeper(claims, DEEPEST_CLAIMS) ? null : claims;
}

function readObject(segment: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(UTF8.decode(Buffer.from(segment, 'base64url')));
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null;
  } catch {
    return null;
  }
}

function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((inner) => isDeeper(inner, levels - 1));
}
