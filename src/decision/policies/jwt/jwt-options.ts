import type { Millis } from '../../../brand.ts';
import type { AlgorithmName } from './algorithms.ts';
import type { KeySource } from './verification-key.ts';

/** Where a token is looked for: one place, so that no two of them can disagree. */
export type TokenPlace =
  /** `authorization` with the scheme `Bearer`; any other header holds the token alone. */
  | { readonly kind: 'header'; readonly name: string }
  | { readonly kind: 'cookie'; readonly name: string }
  | { readonly kind: 'query'; readonly name: string };

/** A JSON Web Key Set that the supervisor fetches. */
export interface KeySetOptions {
  readonly url: string;
  /** For one fetch, from the request to the last byte. */
  readonly timeout: Millis;
  /** What the response's own max-age is bounded by. */
  readonly refreshMin: Millis;
  readonly refreshMax: Millis;
  /** After a fetch, how long tokens with an unknown key cause no other. */
  readonly cooldown: Millis;
  /** How long keys are used after the last fetch that worked; 0: for ever. */
  readonly maxStale: Millis;
}

export interface JwtOptions {
  readonly realm: string;
  readonly from: TokenPlace;
  readonly maxTokenBytes: number;
  readonly keys: readonly KeySource[];
  readonly keySet: KeySetOptions | null;
  /** What RSA keys that do not say it themselves are for. */
  readonly algorithms: readonly AlgorithmName[];
  /** Empty: any. */
  readonly issuer: readonly string[];
  /** Empty: any. */
  readonly audience: readonly string[];
  /** Value of the header `typ`, in lower case and without `application/`; null: any (RFC 8725, section 3.11). */
  readonly type: string | null;
  readonly clockTolerance: Millis;
  readonly requiredClaims: readonly string[];
  /** From the claim `iat` on; 0: no limit. */
  readonly maxAge: Millis;
  /** Requests without a token pass, as nobody's. */
  readonly optional: boolean;
  /** False: the token is taken out of the request. */
  readonly forward: boolean;
  /** Pairs of header and claim. */
  readonly claimsToHeaders: readonly (readonly [header: string, claim: string])[];
  readonly consumer: { readonly claim: string; readonly required: boolean };
  /** Verified tokens that are remembered. */
  readonly remember: number;
}
