/** Keys as they are written - JWK (RFC 7517), PEM, a secret - to keys that tokens are checked with. */
import { createPublicKey, createSecretKey, type JsonWebKey, type KeyObject } from 'node:crypto';
import { ALGORITHMS, type AlgorithmName, isAlgorithmName } from './algorithms.ts';

/** A key, and what it is for: a token's header has no say in that (RFC 8725, section 3.1). */
export interface VerificationKey {
  /** What tokens name it by; null: it has no name, and any token may be for it. */
  readonly kid: string | null;
  readonly algorithms: readonly AlgorithmName[];
  readonly key: KeyObject;
}

/** A key as the options hold it: plain data. */
export type KeySource =
  | { readonly kind: 'jwk'; readonly jwk: Jwk }
  | {
      readonly kind: 'pem';
      readonly pem: string;
      readonly kid: string | null;
      readonly algorithms: readonly AlgorithmName[] | null;
    }
  | {
      readonly kind: 'secret';
      readonly secret: string;
      readonly encoding: 'utf8' | 'base64' | 'base64url';
      readonly kid: string | null;
      readonly algorithm: AlgorithmName;
    }
  /** Only before a config is compiled: then what the file holds stands in its place. */
  | {
      readonly kind: 'file';
      readonly file: string;
      readonly kid: string | null;
      readonly algorithms: readonly AlgorithmName[] | null;
    };

/** Members of a JSON Web Key, as somebody else wrote them. */
export type Jwk = Readonly<Record<string, unknown>>;

/** RFC 7518, sections 3.3 and 3.5. */
const LEAST_RSA_BITS = 2048;
/** A longer one takes milliseconds a signature. */
const MOST_RSA_BITS = 8192;
const CURVES: Readonly<Record<string, AlgorithmName>> = { 'P-256': 'ES256', 'P-384': 'ES384', 'P-521': 'ES512' };
/** Names of the same curves in OpenSSL. */
const CURVE_OF: Readonly<Record<string, string>> = { prime256v1: 'P-256', secp384r1: 'P-384', secp521r1: 'P-521' };
const ED25519_NAMES: readonly AlgorithmName[] = ['EdDSA', 'Ed25519'];

/**
 * @param rsaAlgorithms what an RSA key that does not say it itself is for
 * @returns the key, or why it cannot be used: the end of a sentence that begins with the key, without anything of the key
 */
export function readKey(source: KeySource, rsaAlgorithms: readonly AlgorithmName[]): VerificationKey | string {
  switch (source.kind) {
    case 'jwk':
      return readJwk(source.jwk, rsaAlgorithms);
    case 'pem':
      return readPem(source.pem, source.kid, source.algorithms, rsaAlgorithms);
    case 'secret':
      return fitSecret(Buffer.from(source.secret, source.encoding), source.kid, source.algorithm);
    case 'file':
      return 'is a file that was not read';
    default:
      return source satisfies never;
  }
}

/** The same for a JSON Web Key. One for encryption, one that is private, or one too weak is no key to check tokens with. */
export function readJwk(jwk: Jwk, rsaAlgorithms: readonly AlgorithmName[]): VerificationKey | string {
  const { kty, use, key_ops: operations, alg, kid } = jwk;
  if (kid !== undefined && typeof kid !== 'string') return 'has a "kid" that is not text';
  if (use !== undefined && use !== 'sig') return 'is not for signatures (its "use")';
  if (operations !== undefined && !(Array.isArray(operations) && operations.includes('verify')))
    return 'is not for checking signatures (its "key_ops")';
  if (alg !== undefined && !isAlgorithmName(alg)) return 'is for an algorithm that is not known here (its "alg")';
  if (alg !== undefined && ALGORITHMS[alg].kty !== kty) return 'is of another type than its "alg" wants';
  if (kty === 'oct') {
    if (typeof jwk['k'] !== 'string') return 'has no "k"';
    return fitSecret(Buffer.from(jwk['k'], 'base64url'), kid ?? null, alg ?? 'HS256');
  }
  if (jwk['d'] !== undefined) return 'is private, expected the public part alone';
  let key: KeyObject;
  try {
    key = createPublicKey({ key: jwk as JsonWebKey, format: 'jwk' });
  } catch {
    return 'is not a public key of a type that is known here';
  }
  return fitPublic(key, kid ?? null, alg === undefined ? null : [alg], rsaAlgorithms);
}

function readPem(
  pem: string,
  kid: string | null,
  algorithms: readonly AlgorithmName[] | null,
  rsaAlgorithms: readonly AlgorithmName[],
): VerificationKey | string {
  if (pem.includes('PRIVATE KEY')) return 'is private, expected the public part alone';
  let key: KeyObject;
  try {
    key = createPublicKey(pem);
  } catch {
    return 'is not a public key or certificate in PEM';
  }
  return fitPublic(key, kid, algorithms, rsaAlgorithms);
}

/** @param asked what it is said to be for; null: nothing was said */
function fitPublic(
  key: KeyObject,
  kid: string | null,
  asked: readonly AlgorithmName[] | null,
  rsaAlgorithms: readonly AlgorithmName[],
): VerificationKey | string {
  const { modulusLength = 0, publicExponent = 0n, namedCurve = '' } = key.asymmetricKeyDetails!;
  let possible: readonly AlgorithmName[];
  switch (key.asymmetricKeyType) {
    case 'rsa':
      if (modulusLength < LEAST_RSA_BITS) return `has ${modulusLength} bits, expected at least ${LEAST_RSA_BITS}`;
      if (modulusLength > MOST_RSA_BITS) return `has ${modulusLength} bits, expected at most ${MOST_RSA_BITS}`;
      if (publicExponent < 3n) return 'has a public exponent that protects nothing';
      possible = asked ?? rsaAlgorithms;
      break;
    case 'ec': {
      const algorithm = CURVES[CURVE_OF[namedCurve] ?? ''];
      if (algorithm === undefined) return 'is of a curve that no algorithm is for';
      possible = [algorithm];
      break;
    }
    case 'ed25519':
      possible = ED25519_NAMES;
      break;
    default:
      return `is of a type (${key.asymmetricKeyType}) that no algorithm is for`;
  }
  if (asked?.some((name) => !possible.includes(name)) || possible.some((name) => !isFor(key, name)))
    return 'is of another type or curve than its algorithm wants';
  return { kid, algorithms: possible, key };
}

function isFor(key: KeyObject, name: AlgorithmName): boolean {
  const types = { oct: 'secret', RSA: 'rsa', EC: 'ec', OKP: 'ed25519' } as const;
  return types[ALGORITHMS[name].kty] === key.asymmetricKeyType;
}

function fitSecret(secret: Buffer, kid: string | null, algorithm: AlgorithmName): VerificationKey | string {
  const least = ALGORITHMS[algorithm].secretBytes;
  if (least === 0) return `is a secret, and ${algorithm} wants a public key`;
  if (secret.length < least) return `has fewer than the ${least} bytes that ${algorithm} wants`;
  return { kid, algorithms: [algorithm], key: createSecretKey(secret) };
}

/**
 * The keys in the text of a file: PEM, one JSON Web Key, or a set of them.
 *
 * @returns the end of a sentence when there is none
 */
export function keysInFile(text: string, file: Extract<KeySource, { kind: 'file' }>): readonly KeySource[] | string {
  if (text.includes('-----BEGIN ')) return [{ kind: 'pem', pem: text, kid: file.kid, algorithms: file.algorithms }];
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return 'is neither PEM nor JSON';
  }
  const listed = isJwk(value) && Array.isArray(value['keys']) ? (value['keys'] as unknown[]) : [value];
  if (listed.length === 0 || !listed.every(isJwk)) return 'holds no JSON Web Keys';
  return listed.map((jwk) => ({ kind: 'jwk', jwk: file.kid === null ? jwk : { ...jwk, kid: file.kid } }));
}

export function isJwk(value: unknown): value is Jwk {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
