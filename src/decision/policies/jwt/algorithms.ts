/**
 * Signature algorithms of tokens (RFC 7518, section 3.1; RFC 8037; RFC 9864), each with the one kind of key it is for.
 *
 * They are checked with the synchronous functions of node:crypto, in the acceptor's own turn: see
 * perf-reports/2026-11-21-jwt-verification.
 */
import { constants, createHmac, type KeyObject, timingSafeEqual, verify } from 'node:crypto';

export const ALGORITHM_NAMES = [
  'HS256',
  'HS384',
  'HS512',
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
] as const;

export type AlgorithmName = (typeof ALGORITHM_NAMES)[number];

export interface Algorithm {
  /** Of keys as JWK names them; `curve` where the type has curves. */
  readonly kty: 'oct' | 'RSA' | 'EC' | 'OKP';
  readonly curve: string | null;
  /** Bytes a secret must have at least: as many as the hash (RFC 7518, section 3.2). 0: not of secrets. */
  readonly secretBytes: number;
  isSigned(key: KeyObject, data: Buffer, signature: Buffer): boolean;
}

function hmac(hash: string, bytes: number): Algorithm {
  return {
    kty: 'oct',
    curve: null,
    secretBytes: bytes,
    isSigned(key, data, signature) {
      const expected = createHmac(hash, key).update(data).digest();
      return signature.length === expected.length && timingSafeEqual(signature, expected);
    },
  };
}

function rsa(hash: string): Algorithm {
  return {
    kty: 'RSA',
    curve: null,
    secretBytes: 0,
    isSigned: (key, data, signature) => verify(hash, data, key, signature),
  };
}

/** The salt is as long as the hash (RFC 7518, section 3.5). */
function rsaPss(hash: string): Algorithm {
  const { RSA_PKCS1_PSS_PADDING: padding, RSA_PSS_SALTLEN_DIGEST: saltLength } = constants;
  return {
    kty: 'RSA',
    curve: null,
    secretBytes: 0,
    isSigned: (key, data, signature) => verify(hash, data, { key, padding, saltLength }, signature),
  };
}

/** Both numbers of a signature, each as long as the curve's order (RFC 7518, section 3.4). */
function ecdsa(hash: string, curve: string, bytes: number): Algorithm {
  return {
    kty: 'EC',
    curve,
    secretBytes: 0,
    isSigned: (key, data, signature) =>
      signature.length === bytes && verify(hash, data, { key, dsaEncoding: 'ieee-p1363' }, signature),
  };
}

const ed25519: Algorithm = {
  kty: 'OKP',
  curve: 'Ed25519',
  secretBytes: 0,
  isSigned: (key, data, signature) => verify(null, data, key, signature),
};

export const ALGORITHMS: Readonly<Record<AlgorithmName, Algorithm>> = {
  HS256: hmac('sha256', 32),
  HS384: hmac('sha384', 48),
  HS512: hmac('sha512', 64),
  RS256: rsa('sha256'),
  RS384: rsa('sha384'),
  RS512: rsa('sha512'),
  PS256: rsaPss('sha256'),
  PS384: rsaPss('sha384'),
  PS512: rsaPss('sha512'),
  ES256: ecdsa('sha256', 'P-256', 64),
  ES384: ecdsa('sha384', 'P-384', 96),
  ES512: ecdsa('sha512', 'P-521', 132),
  EdDSA: ed25519,
  Ed25519: ed25519,
};

export function isAlgorithmName(name: unknown): name is AlgorithmName {
  return ALGORITHM_NAMES.includes(name as AlgorithmName);
}
