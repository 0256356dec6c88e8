import assert from 'node:assert/strict';
import { createHmac, createSecretKey } from 'node:crypto';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { SignJWT } from 'jose';
import type { Millis } from '../../../../src/brand.ts';
import { ConsumerTable } from '../../../../src/decision/consumers.ts';
import { dryHost } from '../../../../src/decision/dry-run.ts';
import type { KeySet, PolicyHost } from '../../../../src/decision/policies/host.ts';
import type { Policy } from '../../../../src/decision/policies/policy.ts';
import { PASS, REFUSED } from '../../../../src/decision/policies/verdict.ts';
import { type Asked, ask, makePolicy } from '../../../support/policies.ts';
import { makeSigningKey, type SigningKey, segment, signToken } from '../../../support/tokens.ts';

/** The clock of `dryHost`, in seconds. */
const NOW = 1_700_000_000;
const SECRET = 'a secret of at least thirty-two bytes';
const rsa = makeSigningKey('RS256', 'rsa-1');
const other = makeSigningKey('RS256', 'rsa-2');
const good = { sub: 'alice', exp: NOW + 60 };

const bearer = (token: string, ...more: string[]) => ({ headers: ['authorization', `Bearer ${token}`, ...more] });
const policyOf = (options: object, host?: PolicyHost) =>
  makePolicy('jwt', { keys: [{ jwk: rsa.jwk }], ...options }, host);

/** The code of the refusal, or null. */
async function codeOf(policy: Policy, token: string): Promise<string | null> {
  const { verdict, decision } = await ask(policy, bearer(token));
  assert.equal(verdict, decision.error === null ? PASS : REFUSED);
  return decision.error;
}

const challengeOf = ({ decision }: Asked) => decision.errorHeaders[1];

describe('jwt: algorithms', () => {
  for (const alg of ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA']) {
    it(`takes ${alg} of a key that is for it, and no other algorithm of that key`, async () => {
      const key = makeSigningKey(alg, 'k');
      const policy = policyOf({ keys: [{ jwk: key.jwk }] });
      const token = await signToken(key, good);
      assert.equal(await codeOf(policy, token), null);
      const [, payload, signature] = token.split('.');
      const named = `${segment({ alg: alg === 'RS256' ? 'PS256' : 'RS256', kid: 'k' })}.${payload}.${signature}`;
      assert.equal(await codeOf(policy, named), 'token_algorithm_refused');
    });
  }

  for (const [alg, bytes] of [
    ['HS256', 32],
    ['HS384', 48],
    ['HS512', 64],
  ] as const) {
    it(`takes ${alg} with a secret of ${bytes} bytes, and no shorter one`, async () => {
      const secret = 's'.repeat(bytes);
      const token = await new SignJWT(good).setProtectedHeader({ alg }).sign(Buffer.from(secret));
      assert.equal(await codeOf(policyOf({ keys: [{ secret, algorithm: alg }] }), token), null);
      assert.equal(
        await codeOf(policyOf({ keys: [{ secret: `${secret}!`, algorithm: alg }] }), token),
        'token_signature_invalid',
      );
      assert.throws(
        () => policyOf({ keys: [{ secret: secret.slice(1), algorithm: alg }] }),
        /has fewer than the \d+ bytes/,
      );
    });
  }

  it('takes an RSA key in PEM for the algorithms that the config names', async () => {
    const pem = rsa.publicKey.export({ format: 'pem', type: 'spki' }) as string;
    const token = await signToken({ ...rsa, alg: 'PS512' }, good);
    assert.equal(await codeOf(policyOf({ keys: [{ pem }] }), token), 'token_algorithm_refused');
    assert.equal(await codeOf(policyOf({ keys: [{ pem }], algorithms: ['RS256', 'PS512'] }), token), null);
    assert.equal(await codeOf(policyOf({ keys: [{ pem, algorithms: ['PS512'] }] }), token), null);
  });

  it('does not take a public key for a secret (RFC 8725, section 2.1)', async () => {
    for (const text of [
      rsa.publicKey.export({ format: 'pem', type: 'spki' }) as string,
      JSON.stringify(rsa.jwk),
      rsa.publicKey.export({ format: 'der', type: 'spki' }),
    ]) {
      const signed = `${segment({ alg: 'HS256', kid: 'rsa-1' })}.${segment(good)}`;
      const token = `${signed}.${createHmac('sha256', text).update(signed).digest('base64url')}`;
      assert.equal(await codeOf(policyOf({}), token), 'token_algorithm_refused');
    }
  });

  it('takes no token without a signature', async () => {
    for (const alg of ['none', 'None', 'NONE', 'nOnE']) {
      for (const signature of ['', 'AAAA']) {
        const token = `${segment({ alg })}.${segment(good)}.${signature}`;
        assert.equal(await codeOf(policyOf({}), token), 'token_algorithm_refused', `${alg} ${signature}`);
      }
    }
  });

  it('does not believe keys that a token brings along (RFC 8725, section 3.10)', async () => {
    const token = await signToken(other, good, { kid: undefined, jwk: other.jwk, jku: 'http://127.0.0.1/keys' });
    assert.equal(await codeOf(policyOf({}), token), 'token_signature_invalid');
  });
});

describe('jwt: tokens that are not well-formed', () => {
  const cases: readonly [what: string, make: (token: string) => string][] = [
    ['nothing but the scheme', () => ''],
    ['one segment', (token) => token.split('.')[0]!],
    ['two segments', (token) => token.split('.').slice(0, 2).join('.')],
    ['no signature', (token) => `${token.split('.').slice(0, 2).join('.')}.`],
    ['five segments, as an encrypted one has', (token) => `${token}.AAAA.AAAA`],
    ['an empty payload', (token) => token.replace(/\..*\./, '..')],
    ['padding', (token) => `${token}==`],
    ['a blank inside', (token) => token.replace('.', ' .')],
    ['two tokens in one header', (token) => `${token}, Bearer ${token}`],
    ['base64 in place of base64url', (token) => `${token.slice(0, -4)}+/+/`],
    ['a header that is no JSON', (token) => token.replace(/^[^.]*/, segment('{"alg"'))],
    ['a header that is a list', (token) => token.replace(/^[^.]*/, segment(['RS256']))],
    ['a header without alg', (token) => token.replace(/^[^.]*/, segment({ kid: 'rsa-1' }))],
    ['an alg that is no text', (token) => token.replace(/^[^.]*/, segment({ alg: ['RS256'] }))],
    ['a kid that is no text', (token) => token.replace(/^[^.]*/, segment({ alg: 'RS256', kid: 7 }))],
    [
      'a header that is not UTF-8',
      (token) => token.replace(/^[^.]*/, Buffer.from([0x7b, 0xff, 0x7d]).toString('base64url')),
    ],
    ['critical extensions', (token) => token.replace(/^[^.]*/, segment({ alg: 'RS256', kid: 'rsa-1', crit: ['exp'] }))],
    ['more than 8 KiB', (token) => token.replace(/\..*\./, `.${segment({ ...good, x: 'x'.repeat(8192) })}.`)],
  ];
  for (const [what, make] of cases) {
    it(`refuses ${what}`, async () => {
      assert.equal(await codeOf(policyOf({}), make(await signToken(rsa, good))), 'token_malformed');
    });
  }

  it('refuses signed claims that are no object, or nest too deep', async () => {
    const key = createSecretKey(Buffer.from(SECRET));
    const policy = policyOf({ keys: [{ secret: SECRET }] });
    const sign = (payload: string) => {
      const signed = `${segment({ alg: 'HS256' })}.${segment(payload)}`;
      return `${signed}.${createHmac('sha256', key).update(signed).digest('base64url')}`;
    };
    assert.equal(await codeOf(policy, sign(JSON.stringify(good))), null);
    const deep = `{"exp":${good.exp},"a":${'['.repeat(2000)}${']'.repeat(2000)}}`;
    for (const payload of ['[]', '"text"', 'null', '{', deep]) {
      assert.equal(await codeOf(policy, sign(payload)), 'token_malformed', payload.slice(0, 20));
    }
  });

  it('refuses every change of a good token, and lets none of them be remembered', async () => {
    const keys = ['RS256', 'PS256', 'ES256', 'EdDSA'].map((alg) => makeSigningKey(alg, `key-${alg}`));
    const policy = policyOf({ keys: [...keys.map(({ jwk }) => ({ jwk })), { secret: SECRET, kid: 'hs' }] });
    const tokens = await Promise.all(keys.map((key) => signToken(key, good)));
    tokens.push(await new SignJWT(good).setProtectedHeader({ alg: 'HS256', kid: 'hs' }).sign(Buffer.from(SECRET)));
    for (const token of tokens) assert.equal(await codeOf(policy, token), null);
    const change = fc.record({
      token: fc.constantFrom(...tokens),
      at: fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
      how: fc.constantFrom('replace', 'insert', 'remove', 'cut'),
      byte: fc.oneof(
        fc.constantFrom(...'ABQZaz09-_.=+/ '),
        fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code)),
      ),
    });
    await fc.assert(
      fc.asyncProperty(change, async ({ token, at, how, byte }) => {
        const index = Math.floor(at * token.length);
        const rest = how === 'insert' ? token.slice(index) : how === 'cut' ? '' : token.slice(index + 1);
        const changed = token.slice(0, index) + (how === 'remove' || how === 'cut' ? '' : byte) + rest;
        // More blanks after the scheme are none of the token's (RFC 9110, section 11.4).
        fc.pre(changed.trimStart() !== token);
        assert.notEqual(await codeOf(policy, changed), null, changed);
      }),
      { numRuns: 1500 },
    );
  });

  it('refuses each change of the bits of the last character, which many decoders do not look at', async () => {
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const token = await signToken(rsa, good);
    const policy = policyOf({});
    assert.equal(await codeOf(policy, token), null);
    for (const last of alphabet) {
      if (token.endsWith(last)) continue;
      assert.notEqual(await codeOf(policy, token.slice(0, -1) + last), null, last);
    }
  });
});

describe('jwt: claims', () => {
  const check = async (claims: object, options: object = {}) =>
    codeOf(policyOf(options), await signToken(rsa, claims as never));

  it('goes by exp and nbf, with the tolerance that is asked for', async () => {
    assert.equal(await check({ exp: NOW + 1 }), null);
    assert.equal(await check({ exp: NOW }), 'token_expired');
    assert.equal(await check({ exp: NOW - 29 }, { clockTolerance: '30s' }), null);
    assert.equal(await check({ exp: NOW - 30 }, { clockTolerance: '30s' }), 'token_expired');
    assert.equal(await check({ exp: NOW + 9, nbf: NOW }), null);
    assert.equal(await check({ exp: NOW + 9, nbf: NOW + 1 }), 'token_not_yet_valid');
    assert.equal(await check({ exp: NOW + 9, nbf: NOW + 30 }, { clockTolerance: '30s' }), null);
    for (const exp of ['soon', null, true, [NOW + 60]]) assert.equal(await check({ exp }), 'token_claims_refused');
  });

  it('wants the claims that are required, exp unless told otherwise', async () => {
    assert.equal(await check({ sub: 'a' }), 'token_claims_refused');
    assert.equal(await check({ sub: 'a' }, { requiredClaims: ['sub'] }), null);
    assert.equal(await check(good, { requiredClaims: ['exp', 'scope'] }), 'token_claims_refused');
    assert.equal(await check(good, { requiredClaims: ['toString'] }), 'token_claims_refused');
  });

  it('wants the issuer and one of the audiences', async () => {
    assert.equal(await check({ ...good, iss: 'a' }, { issuer: ['a', 'b'] }), null);
    for (const iss of [undefined, 'c', ['a']])
      assert.equal(await check({ ...good, iss }, { issuer: 'a' }), 'token_claims_refused');
    for (const aud of ['api', ['web', 'api']]) assert.equal(await check({ ...good, aud }, { audience: 'api' }), null);
    for (const aud of [undefined, 'web', [], [['api']], { api: 1 }])
      assert.equal(await check({ ...good, aud }, { audience: ['api'] }), 'token_claims_refused');
  });

  it('goes by age where it is limited', async () => {
    const maxAge = '1m';
    assert.equal(await check({ ...good, iat: NOW - 59 }, { maxAge }), null);
    assert.equal(await check({ ...good, iat: NOW - 60 }, { maxAge }), 'token_expired');
    assert.equal(await check({ ...good, iat: NOW + 1 }, { maxAge }), 'token_not_yet_valid');
    assert.equal(await check(good, { maxAge }), 'token_claims_refused');
  });

  it('goes by the type where one is asked for', async () => {
    const policy = policyOf({ type: 'at+jwt' });
    for (const typ of ['at+jwt', 'AT+JWT', 'application/at+jwt'])
      assert.equal(await codeOf(policy, await signToken(rsa, good, { typ })), null);
    for (const typ of [undefined, 'JWT'])
      assert.equal(await codeOf(policy, await signToken(rsa, good, { typ })), 'token_claims_refused');
  });
});

describe('jwt: keys', () => {
  const privatePem = rsa.privateKey.export({ format: 'pem', type: 'pkcs8' });
  const refused: readonly [what: string, key: object, message: RegExp][] = [
    ['a private JWK', { jwk: rsa.privateKey.export({ format: 'jwk' }) }, /is private/],
    ['a private PEM', { pem: privatePem }, /is private/],
    ['one for encryption', { jwk: { ...rsa.jwk, use: 'enc' } }, /is not for signatures/],
    ['one for other operations', { jwk: { ...rsa.jwk, key_ops: ['encrypt'] } }, /is not for checking signatures/],
    ['one whose alg is of another type', { jwk: { ...rsa.jwk, alg: 'ES256' } }, /another type/],
    ['one whose alg is for encryption', { jwk: { ...rsa.jwk, alg: 'RSA-OAEP' } }, /not known here/],
    [
      'one whose alg is of another curve',
      { jwk: { ...makeSigningKey('ES384', 'k').jwk, alg: 'ES256' } },
      /another type or curve/,
    ],
    ['RSA of 1024 bits', { jwk: makeSigningKey('RS256', 'k', 1024).jwk }, /has 1024 bits, expected at least 2048/],
    ['a secret that is too short', { secret: 'too short' }, /has fewer than the 32 bytes/],
    ['a JWK of a secret for RS256', { jwk: { kty: 'oct', k: segment(SECRET), alg: 'RS256' } }, /another type/],
    ['no key at all', { jwk: { kty: 'RSA', n: 'AQAB' } }, /is not a public key/],
    ['text', { pem: 'hello' }, /is not a public key or certificate/],
  ];
  for (const [what, key, message] of refused) {
    it(`refuses ${what} when the config is read, and says nothing of it`, () => {
      assert.throws(
        () => policyOf({ keys: [key] }),
        (error: Error) => {
          assert.match(error.message, message);
          assert.doesNotMatch(error.message, /too short'|BEGIN PRIVATE|"d":/);
          return true;
        },
      );
    });
  }

  it('wants keys', () => assert.throws(() => policyOf({ keys: [] }), /has no keys/));

  it('goes by the key that the token names, and tries all when it names none', async () => {
    const policy = policyOf({ keys: [{ jwk: rsa.jwk }, { jwk: other.jwk }] });
    const unnamed = (key: SigningKey) => signToken(key, good, { kid: undefined });
    assert.equal(await codeOf(policy, await signToken(other, good)), null);
    assert.equal(await codeOf(policy, await signToken(other, good, { kid: 'rsa-1' })), 'token_signature_invalid');
    assert.equal(await codeOf(policy, await signToken(other, good, { kid: 'rsa-3' })), 'token_key_unknown');
    assert.equal(await codeOf(policy, await unnamed(other)), null);
    assert.equal(await codeOf(policy, await unnamed(makeSigningKey('RS256', 'rsa-1'))), 'token_signature_invalid');
    assert.equal(await codeOf(policy, await unnamed(makeSigningKey('ES256', 'x'))), 'token_algorithm_refused');
  });

  it('follows a key set as it changes, and forgets what was verified with another', async () => {
    const handle = { current: null as KeySet | null, reportUnknown: (kid: string) => reported.push(kid) };
    const reported: string[] = [];
    const opened: string[] = [];
    const keySets = {
      open: (url: string) => {
        opened.push(url);
        return handle;
      },
    };
    const policy = makePolicy('jwt', { keySet: { url: 'https://issuer.example/keys' } }, dryHost({ keySets }));
    assert.deepEqual(opened, ['https://issuer.example/keys']);
    const token = await signToken(rsa, good);
    assert.equal(await codeOf(policy, token), 'keys_unavailable');
    assert.deepEqual(reported, []);
    handle.current = { keys: [other.jwk] as never };
    assert.equal(await codeOf(policy, token), 'token_key_unknown');
    assert.deepEqual(reported, ['rsa-1']);
    handle.current = { keys: [other.jwk, rsa.jwk] as never };
    assert.equal(await codeOf(policy, token), null);
    assert.equal(await codeOf(policy, token), null);
    handle.current = { keys: [other.jwk] as never };
    assert.equal(await codeOf(policy, token), 'token_key_unknown');
    handle.current = null;
    assert.equal(await codeOf(policy, token), 'keys_unavailable');
  });
});

describe('jwt: what follows from a token', () => {
  const consumers = new ConsumerTable([
    { name: 'acme', groups: ['partners'], keyDigests: [], subjects: ['alice'], certificates: [], passwords: [] },
  ]);

  it('challenges as RFC 6750 says: with an error only where there were credentials', async () => {
    const policy = policyOf({ realm: 'shop' });
    for (const headers of [[], ['authorization', 'Basic YTpi'], ['authorization', 'Bearerx.y.z']]) {
      const missing = await ask(policy, { headers });
      assert.equal(missing.decision.error, 'credentials_missing');
      assert.equal(challengeOf(missing), 'Bearer realm="shop"');
    }
    const expired = await ask(policy, bearer(await signToken(rsa, { exp: NOW - 1 })));
    assert.equal(
      challengeOf(expired),
      'Bearer realm="shop", error="invalid_token", error_description="The token has expired."',
    );
  });

  it('knows the consumer by the subject, and can insist on one', async () => {
    const host = dryHost({ consumers });
    const known = await ask(policyOf({}, host), bearer(await signToken(rsa, good)));
    assert.equal(known.decision.consumer?.name, 'acme');
    assert.deepEqual(known.decision.claims, good);
    const stranger = await signToken(rsa, { ...good, sub: 'mallory' });
    assert.equal((await ask(policyOf({}, host), bearer(stranger))).decision.consumer, null);
    assert.equal(await codeOf(policyOf({ consumer: { required: true } }, host), stranger), 'consumer_unknown');
    const byClient = await ask(
      policyOf({ consumer: { claim: 'azp' } }, host),
      bearer(await signToken(rsa, { ...good, sub: 'x', azp: 'alice' })),
    );
    assert.equal(byClient.decision.consumer?.name, 'acme');
  });

  it('writes claims as headers, and never lets a client write them', async () => {
    const policy = policyOf({
      optional: true,
      claimsToHeaders: { 'X-User': 'sub', 'x-roles': 'roles', 'x-org': 'org', 'x-on': 'on' },
    });
    const forged = ['x-user', 'root', 'x-roles', 'admin', 'x-org', 'evil', 'x-on', '1'];
    const token = await signToken(rsa, { ...good, sub: 'zoë\r\nx-admin: 1', roles: ['a', 'b'], on: true });
    for (let time = 0; time < 2; time++) {
      const { decision } = await ask(policy, bearer(token, ...forged));
      const read = (name: string) => decision.header(name);
      assert.equal(read('x-user'), `${Buffer.from('zoë').toString('latin1')}  x-admin: 1`);
      assert.equal(read('x-roles'), 'a,b');
      assert.equal(read('x-org'), null);
      assert.equal(read('x-on'), 'true');
    }
    const { verdict, decision } = await ask(policy, { headers: forged });
    assert.equal(verdict, PASS);
    for (const name of ['x-user', 'x-roles', 'x-org', 'x-on']) assert.equal(decision.header(name), null);
    assert.equal(decision.claims, null);
  });

  it('lets requests without a token pass where that is allowed, never those with a bad one', async () => {
    const policy = policyOf({ optional: true });
    assert.equal((await ask(policy, {})).verdict, PASS);
    assert.equal(await codeOf(policy, 'a.b.c'), 'token_malformed');
  });

  it('takes the token out of the request where it was', async () => {
    const token = await signToken(rsa, good);
    const remove = async (from: object, parts: Parameters<typeof ask>[1]) =>
      (await ask(policyOf({ from, forward: false }), parts)).decision;
    const byHeader = await remove({ header: 'authorization' }, bearer(token));
    assert.equal(byHeader.header('authorization'), null);
    const own = await remove({ header: 'X-Token' }, { headers: ['x-token', token] });
    assert.equal(own.header('x-token'), null);
    const byCookie = await remove({ cookie: 'session' }, { headers: ['cookie', `a=1; session=${token}; b=2`] });
    assert.equal(byCookie.header('cookie'), 'a=1; b=2');
    const two = { headers: ['cookie', `session=${token}; session=x`] };
    assert.equal(
      (await remove({ cookie: 'session' }, two)).error,
      'token_malformed',
      'which of them counts is not known',
    );
    const byQuery = await remove({ query: 'jwt' }, { path: '/a', query: `x=1&jwt=${token}&y=2` });
    assert.deepEqual(byQuery.target, { path: '/a', query: 'x=1&y=2' });
    const alone = await remove({ query: 'jwt' }, { path: '/a', query: `jwt=${token}` });
    assert.deepEqual(alone.target, { path: '/a', query: null });
    for (const { error } of [byHeader, own, byCookie, byQuery, alone]) assert.equal(error, null);
  });

  it('looks in one place alone', async () => {
    const token = await signToken(rsa, good);
    const elsewhere = { ...bearer(token), query: `token=${token}` };
    assert.equal((await ask(policyOf({ from: { cookie: 'token' } }), elsewhere)).decision.error, 'credentials_missing');
  });

  it('remembers a token only as long as it is good', async () => {
    let now = NOW * 1000;
    const clock = { wall: () => now as Millis, monotonic: () => 0 as Millis };
    const policy = policyOf({}, dryHost({ clock }));
    const token = await signToken(rsa, { ...good, nbf: NOW });
    assert.equal(await codeOf(policy, token), null);
    now += 59_999;
    assert.equal(await codeOf(policy, token), null);
    now += 1;
    assert.equal(await codeOf(policy, token), 'token_expired');
    assert.equal(await codeOf(policy, token), 'token_expired');
    now -= 120_000;
    assert.equal(await codeOf(policy, token), 'token_not_yet_valid');
  });

  it('remembers tokens whole: one that begins as another is another', async () => {
    const policy = policyOf({ remember: 1 });
    const token = await signToken(rsa, good);
    assert.equal(await codeOf(policy, token), null);
    assert.equal(await codeOf(policy, `${token.slice(0, -8)}AAAAAAAA`), 'token_signature_invalid');
    assert.equal(await codeOf(policy, await signToken(rsa, { ...good, sub: 'bob' })), null);
    assert.equal(await codeOf(policy, token), null);
  });
});
