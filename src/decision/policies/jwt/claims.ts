/** Whether a token whose signature is good is meant for this route, and now (RFC 7519, section 4.1). */
import type { Claims } from '../../found-identity.ts';
import type { JwtOptions } from './jwt-options.ts';

/** From when to when the claims are good: milliseconds since the epoch; `until` is the first moment at which they are not. */
export interface Validity {
  readonly from: number;
  readonly until: number;
}

/** Why claims are refused, in words for a trace. */
export interface ClaimsRefusal {
  readonly refused: string;
}

export type ClaimsVerdict = Validity | ClaimsRefusal;

/** @returns when the claims are good, which has to be compared with the clock, or why they never are */
export function checkClaims(claims: Claims, options: JwtOptions): ClaimsVerdict {
  for (const name of options.requiredClaims) {
    if (!Object.hasOwn(claims, name)) return { refused: `has no claim ${name}` };
  }
  const { iss, aud, exp, nbf, iat } = claims;
  if (options.issuer.length > 0 && !(typeof iss === 'string' && options.issuer.includes(iss)))
    return { refused: 'is of another issuer' };
  if (options.audience.length > 0 && !namesOneOf(aud, options.audience)) return { refused: 'is for another audience' };
  for (const [name, value] of [
    ['exp', exp],
    ['nbf', nbf],
    ['iat', iat],
  ] as const) {
    if (value !== undefined && !(typeof value === 'number' && Number.isFinite(value)))
      return { refused: `has a claim ${name} that is no date` };
  }
  return validityOf(exp as number | undefined, nbf as number | undefined, iat as number | undefined, options);
}

function validityOf(
  exp: number | undefined,
  nbf: number | undefined,
  iat: number | undefined,
  { clockTolerance, maxAge }: JwtOptions,
): ClaimsVerdict {
  let from = nbf === undefined ? Number.NEGATIVE_INFINITY : nbf * 1000 - clockTolerance;
  let until = exp === undefined ? Number.POSITIVE_INFINITY : exp * 1000 + clockTolerance;
  if (maxAge > 0) {
    if (iat === undefined) return { refused: 'has no claim iat to tell its age by' };
    // One that is issued in the future would grow older than it may.
    from = Math.max(from, iat * 1000 - clockTolerance);
    until = Math.min(until, iat * 1000 + maxAge + clockTolerance);
  }
  return { from, until };
}

function namesOneOf(aud: unknown, audience: readonly string[]): boolean {
  if (typeof aud === 'string') return audience.includes(aud);
  return Array.isArray(aud) && aud.some((one) => typeof one === 'string' && audience.includes(one));
}
