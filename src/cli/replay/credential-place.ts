import type { CompiledConsumer } from '../../config/compiled.ts';
import type { Decision } from '../../decision/decision.ts';
import type { BasicAuthOptions } from '../../decision/policies/basic-auth.ts';
import type { JwtOptions } from '../../decision/policies/jwt/jwt-options.ts';
import { tokenSource } from '../../decision/policies/jwt/token-place.ts';
import type { KeyAuthOptions } from '../../decision/policies/key-auth.ts';
import { cookiePlace, headerPlace, type KeyPlace, queryPlace } from '../../decision/policies/key-places.ts';

/** Where a policy of identity looks for a credential, and what it does with the request once it has accepted one. */
export interface CredentialPlace {
  /** Null: there is none, or none that can be read. */
  find(decision: Decision): string | null;
  /** Takes the credential out of what goes on, where the policy does. */
  remove(decision: Decision): void;
  readonly consumerHeader: string | null;
  readonly isToken: boolean;
  /** A good token of nobody in the config is refused. */
  readonly needsConsumer: boolean;
  /** Headers that are made of claims. */
  readonly claimHeaders: readonly string[];
  /** How many credentials of this kind a consumer has. */
  credentialsOf(consumer: CompiledConsumer): number;
  /** What of its options says which credentials are good, as text. */
  readonly demands: string;
}

/** Null for a policy that asks for no credential. */
export function credentialPlace(policy: string, options: unknown): CredentialPlace | null {
  if (policy === 'keyAuth') return keyPlaceOf(options as KeyAuthOptions);
  if (policy === 'basicAuth') return passwordPlaceOf(options as BasicAuthOptions);
  if (policy === 'jwt') return tokenPlaceOf(options as JwtOptions);
  return null;
}

const NO_TOKEN = { isToken: false, needsConsumer: true, claimHeaders: [], demands: '' } as const;
const BASIC = /^basic[ \t]+/i;
const PADDING = /^[ \t]+/;

function keyPlaceOf({ header, query, cookie, forward, consumerHeader }: KeyAuthOptions): CredentialPlace {
  const places: KeyPlace[] = [];
  if (header !== null) places.push(headerPlace(header));
  if (query !== null) places.push(queryPlace(query));
  if (cookie !== null) places.push(cookiePlace(cookie));
  return {
    ...NO_TOKEN,
    consumerHeader,
    find(decision) {
      for (const place of places) {
        const found = place.find(decision);
        if (found !== null) return typeof found === 'string' ? found : null;
      }
      return null;
    },
    remove(decision) {
      if (forward) return;
      for (const place of places) if (place.find(decision) !== null) place.remove(decision);
    },
    credentialsOf: ({ keyDigests }) => keyDigests.length,
  };
}

function passwordPlaceOf({ forward, consumerHeader }: BasicAuthOptions): CredentialPlace {
  return {
    ...NO_TOKEN,
    consumerHeader,
    find({ request }) {
      const value = request.header('authorization');
      return value !== null && BASIC.test(value) ? value.replace(BASIC, '') : null;
    },
    remove(decision) {
      if (!forward) decision.requestHeaders.remove('authorization');
    },
    credentialsOf: ({ passwords }) => passwords.length,
  };
}

function tokenPlaceOf(options: JwtOptions): CredentialPlace {
  const { from, keys, keySet, issuer, audience, type, requiredClaims, maxAge, clockTolerance } = options;
  const source = tokenSource(from);
  return {
    isToken: true,
    needsConsumer: options.consumer.required,
    claimHeaders: options.claimsToHeaders.map(([header]) => header),
    consumerHeader: null,
    find(decision) {
      const found = source.find(decision);
      return found === null ? null : source.tokenIn(found).replace(PADDING, '');
    },
    remove(decision) {
      if (!options.forward) source.remove(decision);
    },
    credentialsOf: ({ subjects }) => subjects.length,
    demands: JSON.stringify([
      keys,
      keySet,
      options.algorithms,
      issuer,
      audience,
      type,
      requiredClaims,
      maxAge,
      clockTolerance,
      options.consumer,
    ]),
  };
}
