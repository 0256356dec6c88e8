/** The examples of the standards, and jose as a second opinion. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { importJWK, jwtVerify } from 'jose';
import type { Millis } from '../../../../src/brand.ts';
import { dryHost } from '../../../../src/decision/dry-run.ts';
import { ALGORITHMS } from '../../../../src/decision/policies/jwt/algorithms.ts';
import { readToken } from '../../../../src/decision/policies/jwt/compact-token.ts';
import { type Jwk, readJwk } from '../../../../src/decision/policies/jwt/verification-key.ts';
import { ask, makePolicy } from '../../../support/policies.ts';
import { makeSigningKey, signToken } from '../../../support/tokens.ts';

const CLAIMS = 'eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ';
const EXP = 1_300_819_380;

const TOKENS: readonly { name: string; jwk: Jwk; token: string }[] = [
  {
    name: 'RFC 7515, A.1: HS256',
    jwk: { kty: 'oct', k: 'AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow' },
    token: `eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.${CLAIMS}.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk`,
  },
  {
    name: 'RFC 7515, A.2: RS256',
    jwk: {
      kty: 'RSA',
      n: 'ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ',
      e: 'AQAB',
    },
    token: `eyJhbGciOiJSUzI1NiJ9.${CLAIMS}.cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw`,
  },
  {
    name: 'RFC 7515, A.3: ES256',
    jwk: {
      kty: 'EC',
      crv: 'P-256',
      x: 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU',
      y: 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0',
    },
    token: `eyJhbGciOiJFUzI1NiJ9.${CLAIMS}.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q`,
  },
];

/** Signed, but their payload is no set of claims. */
const SIGNATURES: readonly { name: string; alg: 'ES512' | 'EdDSA'; jwk: Jwk; token: string }[] = [
  {
    name: 'RFC 7515, A.4: ES512',
    alg: 'ES512',
    jwk: {
      kty: 'EC',
      crv: 'P-521',
      x: 'AekpBQ8ST8a8VcfVOTNl353vSrDCLLJXmPk06wTjxrrjcBpXp5EOnYG_NjFZ6OvLFV1jSfS9tsz4qUxcWceqwQGk',
      y: 'ADSmRA43Z1DSNx_RvcLI87cdL07l6jQyyBXMoxVg_l2Th-x3S1WDhjDly79ajL4Kkd0AZMaZmh9ubmf63e3kyMj2',
    },
    token:
      'eyJhbGciOiJFUzUxMiJ9.UGF5bG9hZA.AdwMgeerwtHoh-l192l60hp9wAHZFVJbLfD_UxMi70cwnZOYaRI1bKPWROc-mZZqwqT2SI-KGDKB34XO0aw_7XdtAG8GaSwFKdCAPZgoXD2YBJZCPEX3xKpRwcdOO8KpEHwJjyqOgzDO7iKvU8vcnwNrmxYbSW9ERBXukOXolLzeO_Jn',
  },
  {
    name: 'RFC 8037, A.4: Ed25519',
    alg: 'EdDSA',
    jwk: { kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' },
    token:
      'eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg',
  },
];

describe('jwt: the examples of the standards', () => {
  for (const { name, jwk, token } of TOKENS) {
    it(`${name} is good until it expires`, async () => {
      for (const [second, error] of [
        [EXP - 1, null],
        [EXP, 'token_expired'],
      ] as const) {
        const clock = { wall: () => (second * 1000) as Millis, monotonic: () => 0 as Millis };
        const policy = makePolicy('jwt', { keys: [{ jwk }] }, dryHost({ clock }));
        const { decision } = await ask(policy, { headers: ['authorization', `Bearer ${token}`] });
        assert.equal(decision.error, error);
        if (error === null) assert.equal(decision.claims?.['http://example.com/is_root'], true);
      }
    });
  }

  for (const { name, alg, jwk, token } of SIGNATURES) {
    it(`${name} has a good signature`, () => {
      const { signed, signature } = readToken(token)!;
      const key = readJwk(jwk, ['RS256']);
      assert.ok(typeof key === 'object');
      assert.ok(ALGORITHMS[alg].isSigned(key.key, signed, signature));
      signature[3] = signature[3]! ^ 1;
      assert.ok(!ALGORITHMS[alg].isSigned(key.key, signed, signature));
    });
  }

  it('RFC 7515, A.5: a token without a signature is refused', async () => {
    const policy = makePolicy('jwt', { keys: [{ jwk: TOKENS[1]!.jwk }] });
    const headers = ['authorization', `Bearer eyJhbGciOiJub25lIn0.${CLAIMS}.`];
    assert.equal((await ask(policy, { headers })).decision.error, 'token_algorithm_refused');
  });
});

describe('jwt: jose as a second opinion', () => {
  it('takes what jose takes', async () => {
    const now = 1_700_000_000;
    const keys = ['RS256', 'PS384', 'ES256', 'EdDSA'].map((alg) => makeSigningKey(alg, alg));
    const options = { issuer: 'a', audience: 'b', requiredClaims: ['exp', 'sub'], clockTolerance: '5s', maxAge: '1m' };
    const policy = makePolicy('jwt', { keys: keys.map(({ jwk }) => ({ jwk })), ...options });
    const date = (min: number, max: number) =>
      fc.option(fc.integer({ min: now + min, max: now + max }), { nil: undefined, freq: 8 });
    const claims = fc.record({
      iss: fc.constantFrom('a', 'a', 'a', 'x', undefined),
      aud: fc.constantFrom('b', 'b', ['b', 'c'], ['b', 'c'], ['c'], undefined),
      sub: fc.constantFrom('s', 's', 's', 's', undefined),
      exp: date(-10, 70),
      nbf: date(-70, 10),
      iat: date(-70, 10),
    });
    const seen = { taken: 0, refused: 0 };
    await fc.assert(
      fc.asyncProperty(claims, fc.constantFrom(...keys), fc.constantFrom(...keys), async (payload, signer, named) => {
        const by = fc.sample(fc.constantFrom(signer, signer, signer, named), 1)[0]!;
        const token = await signToken(signer, payload as never, { kid: by.kid });
        const { decision } = await ask(policy, { headers: ['authorization', `Bearer ${token}`] });
        const jose = await jwtVerify(token, await importJWK(by.jwk as never, by.alg), {
          algorithms: [by.alg],
          issuer: 'a',
          audience: 'b',
          requiredClaims: ['exp', 'sub'],
          clockTolerance: 5,
          maxTokenAge: 60,
          currentDate: new Date(now * 1000),
        }).then(
          () => true,
          () => false,
        );
        seen[jose ? 'taken' : 'refused']++;
        // The moment at which a token is as old as it may be is its last one to jose, and the first too late one here.
        if (payload.iat === now - 65 && decision.error === 'token_expired') return;
        assert.equal(decision.error === null, jose, `${decision.error} ${JSON.stringify(payload)}`);
      }),
      { numRuns: 400 },
    );
    assert.ok(seen.taken > 10 && seen.refused > 10, JSON.stringify(seen));
  });
});
