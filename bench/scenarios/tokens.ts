/** Tokens for the load: RS256, as an identity provider would issue them, made before anything is measured. */
import { createSign, generateKeyPairSync, type KeyObject } from 'node:crypto';

export const ISSUER = 'https://issuer.bench.test';
export const AUDIENCE = 'bench';
const KEY_ID = 'bench-1';
/** Subjects, each of which is a consumer. */
export const SUBJECTS = 100;

const LIFETIME_SECONDS = 24 * 3600;

/** An identity provider with one key. */
export interface Issuer {
  readonly publicKeyPem: string;
  /** The public key as a JWK Set, in JSON. */
  readonly jwks: string;
  /** Signs a compact JWS, another for each number; takes about a millisecond. */
  issue(number: number): string;
}

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

export function makeIssuer(): Issuer {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const jwk = { ...publicKey.export({ format: 'jwk' }), kid: KEY_ID, alg: 'RS256', use: 'sig' };
  return {
    publicKeyPem: publicKey.export({ type: 'spki', format: 'pem' }) as string,
    jwks: JSON.stringify({ keys: [jwk] }),
    issue: (number) => sign(privateKey, number),
  };
}

function sign(key: KeyObject, number: number): string {
  const now = Math.floor(Date.now() / 1000);
  const claims = {
    iss: ISSUER,
    aud: AUDIENCE,
    sub: `subject-${number % SUBJECTS}`,
    scope: 'catalog:read',
    iat: now,
    exp: now + LIFETIME_SECONDS,
    jti: `token-${number}`,
  };
  const signed = `${encode({ alg: 'RS256', typ: 'JWT', kid: KEY_ID })}.${encode(claims)}`;
  return `${signed}.${createSign('RSA-SHA256').update(signed).sign(key, 'base64url')}`;
}
