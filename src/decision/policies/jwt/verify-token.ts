/** Checks of a token that was not seen before, in the order of RFC 7515, section 5.2, and RFC 7519, section 7.2. */
import type { ErrorCode } from '../../../errors/table.ts';
import type { Claims } from '../../found-identity.ts';
import { ALGORITHMS, isAlgorithmName } from './algorithms.ts';
import { checkClaims } from './claims.ts';
import { type CompactToken, isUnsigned, readClaims, readToken } from './compact-token.ts';
import type { JwtOptions } from './jwt-options.ts';
import { KeyRing } from './key-ring.ts';

/** What is wrong with a token: its code, and more of it in words for a trace. */
export interface TokenRefusal {
  readonly code: ErrorCode;
  readonly why: string;
}

export interface VerifiedToken {
  readonly claims: Claims;
  readonly from: number;
  readonly until: number;
}

const refusal = (code: ErrorCode, why: string): TokenRefusal => ({ code, why });

/** Signature, header and claims; not the clock, which `from` and `until` have to be compared with. */
export function verifyToken(text: string, ring: KeyRing, options: JwtOptions): VerifiedToken | TokenRefusal {
  if (text.length > options.maxTokenBytes) return refusal('token_malformed', 'it is larger than this route takes');
  const token = readToken(text);
  if (token === null) {
    return isUnsigned(text)
      ? refusal('token_algorithm_refused', 'it has no signature')
      : refusal('token_malformed', 'it is not three segments of base64url, the first one a header');
  }
  const wrong = checkHeader(token, options) ?? checkSignature(token, ring);
  if (wrong !== null) return wrong;
  const claims = readClaims(token.payload);
  if (claims === null) return refusal('token_malformed', 'its claims are not a JSON object, or nest too deep');
  const verdict = checkClaims(claims, options);
  return 'refused' in verdict
    ? refusal('token_claims_refused', `it ${verdict.refused}`)
    : { claims, from: verdict.from, until: verdict.until };
}

function checkHeader({ alg, hasCrit, typ }: CompactToken, { type }: JwtOptions): TokenRefusal | null {
  if (!isAlgorithmName(alg)) return refusal('token_algorithm_refused', 'its algorithm is none that this gateway takes');
  // No extension is understood here, so that none can be critical.
  if (hasCrit) return refusal('token_malformed', 'it has critical extensions');
  if (type !== null && typ?.toLowerCase().replace(/^application\//, '') !== type)
    return refusal('token_claims_refused', 'it is of another type');
  return null;
}

function checkSignature({ alg, kid, signed, signature }: CompactToken, ring: KeyRing): TokenRefusal | null {
  const keys = ring.keysFor(kid);
  if (keys.length === 0) {
    if (ring.isIncomplete) return refusal('keys_unavailable', 'the key set could not be fetched yet');
    if (kid !== null) ring.reportUnknown(kid);
    return refusal('token_key_unknown', kid === null ? 'there is no key for it' : 'no key has the id it names');
  }
  const triable = KeyRing.triable(keys, alg);
  if (triable.length === 0) return refusal('token_algorithm_refused', 'its key is not for its algorithm');
  const isSigned = triable.some(({ key }) => isAlgorithmName(alg) && ALGORITHMS[alg].isSigned(key, signed, signature));
  return isSigned ? null : refusal('token_signature_invalid', 'its signature was not made with its key');
}
