import { z } from 'zod';
import { ALGORITHM_NAMES, type AlgorithmName } from '../../../decision/policies/jwt/algorithms.ts';
import type { JwtOptions, TokenPlace } from '../../../decision/policies/jwt/jwt-options.ts';
import { isJwk, type Jwk, type KeySource, readKey } from '../../../decision/policies/jwt/verification-key.ts';
import { duration, filePath, flag, oneOf, parsed, parsedText, Refusal, size, text, wholeNumber } from '../fields.ts';
import { headerMap, headerName, parameterName } from './header-fields.ts';
import { keySet } from './key-set.ts';

const secretNames = ['HS256', 'HS384', 'HS512'] as const;
const rsaNames = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'] as const;
const publicNames = ALGORITHM_NAMES.filter((name) => !secretNames.includes(name as (typeof secretNames)[number]));

const kid = text('the id that tokens name the key by')
  .nullable()
  .prefault(null)
  .describe('What tokens name the key by. Nothing: the key is for any token that names no other.');
const keyAlgorithms = z
  .array(oneOf(publicNames))
  .min(1)
  .nullable()
  .prefault(null)
  .describe('What the key is for. Nothing: what its type, curve and the list `algorithms` say.');

const jwk = parsed<Jwk>(
  { type: 'JSON Web Key', expected: 'a JSON Web Key, as a map or as JSON', json: { type: ['object', 'string'] } },
  (input) => {
    const value = typeof input === 'string' ? parseJson(input) : input;
    return isJwk(value) ? value : new Refusal('{path} is no JSON Web Key');
  },
);

function parseJson(input: string): unknown {
  try {
    return JSON.parse(input) as unknown;
  } catch {
    return null;
  }
}

/** Text of several lines that may be a secret: nothing of it is ever quoted. */
const keyText = (type: string, expected: string): z.ZodType<string> =>
  parsedText({ type, expected, json: { minLength: 1 } }, (input) =>
    input === '' ? new Refusal('{path} is empty') : input,
  );

const keySource: z.ZodType<KeySource> = z.union([
  z
    .strictObject({ jwk: jwk.describe('A JSON Web Key (RFC 7517).') })
    .transform((key): KeySource => ({ kind: 'jwk', ...key })),
  z
    .strictObject({
      pem: keyText('PEM', 'a public key or certificate in PEM').describe('A public key or certificate in PEM.'),
      kid,
      algorithms: keyAlgorithms,
    })
    .transform((key): KeySource => ({ kind: 'pem', ...key })),
  z
    .strictObject({
      secret: keyText('secret', `a secret, best as a reference: \${env:NAME}`).describe(
        'A secret that is shared with the issuer, at least as long as the hash.',
      ),
      encoding: oneOf(['utf8', 'base64', 'base64url']).prefault('utf8').describe('How its bytes are written.'),
      algorithm: oneOf(secretNames).prefault('HS256').describe('What it is for.'),
      kid,
    })
    .transform((key): KeySource => ({ kind: 'secret', ...key })),
  z
    .strictObject({
      file: filePath('the path of a file with keys').describe('A file with PEM, a JSON Web Key, or a set of them.'),
      kid,
      algorithms: keyAlgorithms,
    })
    .transform((key): KeySource => ({ kind: 'file', ...key })),
]);

const from: z.ZodType<TokenPlace> = z.union([
  z
    .strictObject({
      header: headerName('request').describe(
        '`authorization` with the scheme Bearer, or a header that holds the token alone.',
      ),
    })
    .transform(({ header }): TokenPlace => ({ kind: 'header', name: header })),
  z
    .strictObject({ cookie: parameterName().describe('Name of a cookie.') })
    .transform(({ cookie }): TokenPlace => ({ kind: 'cookie', name: cookie })),
  z
    .strictObject({
      query: parameterName().describe('Name of a query parameter. Addresses are written to logs: prefer a header.'),
    })
    .transform(({ query }): TokenPlace => ({ kind: 'query', name: query })),
]);

/** One value or a list of them; an empty list, which would let everything pass, is none. */
const oneOrMore = (what: string): z.ZodType<readonly string[]> =>
  z
    .union([text(what).transform((one) => [one]), z.array(text(what)).min(1)])
    .nullable()
    .transform((list) => list ?? [])
    .prefault(null);

const claimsToHeaders = headerMap('request', text('the name of a claim'));

const realm = parsedText({ type: 'text', expected: 'text without quotation marks', json: {} }, (input) =>
  /^[\x20\x21\x23-\x5b\x5d-\x7e]*$/.test(input) ? input : new Refusal('{value} cannot stand in a challenge'),
);

const tokenType = text('a media type, such as at+jwt').transform((type) =>
  type.toLowerCase().replace(/^application\//, ''),
);

export const jwtOptions: z.ZodType<JwtOptions> = z
  .strictObject({
    realm: realm.prefault('penstock').describe('What the challenge of a 401 calls this place.'),
    from: from.prefault({ header: 'authorization' }).describe('Where requests carry their token.'),
    maxTokenBytes: size({ min: 64, max: 64 * 1024 })
      .prefault('8KiB')
      .describe('A longer token is refused unread.'),
    keys: z.array(keySource).prefault([]).describe('Keys that tokens are checked with.'),
    keySet: keySet.nullable().prefault(null).describe('A JSON Web Key Set (JWKS) that the gateway fetches.'),
    algorithms: z
      .array(oneOf(rsaNames))
      .min(1)
      .prefault(['RS256'])
      .describe('What RSA keys are for that do not say it themselves. A token has no say in it.'),
    issuer: oneOrMore('an issuer').describe('The claim `iss` must be one of these. Nothing: any.'),
    audience: oneOrMore('an audience').describe('The claim `aud` must name one of these. Nothing: any.'),
    type: tokenType
      .nullable()
      .prefault(null)
      .describe('The header `typ` must be this, such as `at+jwt`. Nothing: any.'),
    clockTolerance: duration({ none: true, max: 10 * 60_000 })
      .prefault('none')
      .describe('How far the clocks of issuer and gateway may differ.'),
    requiredClaims: z
      .array(text('the name of a claim'))
      .prefault(['exp'])
      .describe('Claims that a token must have. Without `exp` a token may be good for ever.'),
    maxAge: duration({ none: true }).prefault('none').describe('How old a token may be by its claim `iat`.'),
    optional: flag().prefault(false).describe('Requests without a token pass, as nobody. A bad token never does.'),
    forward: flag().prefault(true).describe('Whether the upstream sees the token.'),
    claimsToHeaders: claimsToHeaders
      .prefault({})
      .describe('Header to claim: what the upstream is told. What clients send under these names is taken away.'),
    consumer: z
      .strictObject({
        claim: text('the name of a claim').prefault('sub').describe("Looked up among the consumers' `subjects`."),
        required: flag().prefault(false).describe('Whether a token of no consumer is refused.'),
      })
      .prefault({})
      .describe('Who a token belongs to.'),
    remember: wholeNumber(1, 1_000_000).prefault(10_000).describe('Verified tokens each acceptor remembers.'),
  })
  .check((context) => {
    const { keys, keySet: set, algorithms } = context.value;
    if (keys.length === 0 && set === null)
      context.issues.push({
        code: 'custom',
        input: context.value,
        message: '{path} has no keys, expected keys or keySet',
      });
    for (const [index, key] of keys.entries()) {
      const problem = key.kind === 'file' ? null : problemOf(key, algorithms);
      if (problem === null) continue;
      const message = `{path} ${problem}`;
      context.issues.push({ code: 'custom', input: key, path: ['keys', index], message });
    }
  });

function problemOf(key: KeySource, algorithms: readonly AlgorithmName[]): string | null {
  const read = readKey(key, algorithms);
  if (typeof read !== 'string') return null;
  return read.includes(', expected ') ? read : `${read}, expected a key that tokens can be checked with`;
}
