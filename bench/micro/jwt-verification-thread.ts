/** Thread side of jwt-verification.bench.ts, and what its inline variants call. */
import { createPublicKey, createSecretKey, type JsonWebKey } from 'node:crypto';
import { type CryptoKey, importJWK, jwtVerify } from 'jose';
import { ALGORITHMS, type AlgorithmName } from '../../src/decision/policies/jwt/algorithms.ts';
import { readClaims, readToken } from '../../src/decision/policies/jwt/compact-token.ts';

export interface Batch {
  readonly alg: AlgorithmName;
  readonly jwk: JsonWebKey;
  readonly tokens: readonly string[];
}

let joseKey: Promise<CryptoKey | Uint8Array> | null = null;
let nodeKey: ReturnType<typeof createPublicKey> | null = null;

/** Claims of the tokens; the key is imported once for a thread. */
export async function verifyWithJose({ alg, jwk, tokens }: Batch): Promise<unknown[]> {
  joseKey ??= importJWK(jwk as Parameters<typeof importJWK>[0], alg);
  const key = await joseKey;
  const verified = await Promise.all(tokens.map((token) => jwtVerify(token, key, { algorithms: [alg] })));
  return verified.map(({ payload }) => payload);
}

export function verifyWithNode({ alg, jwk, tokens }: Batch): unknown[] {
  nodeKey ??=
    jwk.kty === 'oct'
      ? createSecretKey(Buffer.from(jwk.k!, 'base64url'))
      : createPublicKey({ key: jwk, format: 'jwk' });
  const key = nodeKey;
  return tokens.map((text) => {
    const token = readToken(text)!;
    if (token.alg !== alg || !ALGORITHMS[alg].isSigned(key, token.signed, token.signature)) throw new Error('refused');
    return readClaims(token.payload);
  });
}
