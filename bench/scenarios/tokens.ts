/** Tokens for the load: RS256, as an identity provider would issue them, made before anything is measured. */
import { createSign, generateKeyPairSync, type KeyObject } from 'node:crypto';

export const ISSUER = 'https://issuer.bench.test';
export const AUDIENCE = 'bench';
export const KEY_ID = 'bench-1';
/** Subjects, each of which is a consumer. */
export const SUBJECTS = 100;

const LIFETIME_SECONDS = 24 * 3600;

export interface TokenSet {
  readonly publicKeyPem: string;
  /** The public key as a JWK Set, in JSON. */
  readonly jwks: string;
  /** Compact JWS, each different. */
  readonly tokens: readonly string[];
}

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

export function makeTokens(count: number): TokenSet {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const jwk = { ...publicKey.export({ format: 'jwk' }), kid: KEY_ID, alg: 'RS256', use: 'sig' };
  return {
    publicKeyPem: publicKey.export({ type: 'spki', format: 'pem' }) as string,
    jwks: JSON.stringify({ keys: [jwk] }),
    tokens: Array.from({ length: count }, (_, index) => sign(privateKey, index)),
  };
}

function sign(key: KeyObject, index: number): string {
  const now = Math.floor(Date.now() / 1000);
  const claims = {
    iss: ISSUER,
    aud: AUDIENCE,
    sub: `subject-${index % SUBJECTS}`,
    scope: 'catalog:read',
    iat: now,
    exp: now + LIFETIME_SECONDS,
    jti: `token-${index}`,
  };
  const signed = `${encode({ alg: 'RS256', typ: 'JWT', kid: KEY_ID })}.${encode(claims)}`;
  return `${signed}.${createSign('RSA-SHA256').update(signed).sign(key, 'base64url')}`;
}
