import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { readOpenApiOptions } from '../../../../../src/config/openapi/validate-options.ts';
import { type DryRequestParts, dryHost } from '../../../../../src/decision/dry-run.ts';
import { FORMATS } from '../../../../../src/decision/policies/validate/formats.ts';
import type { ValidateOptions } from '../../../../../src/decision/policies/validate/options.ts';
import { validate } from '../../../../../src/decision/policies/validate/validate.ts';
import { PASS } from '../../../../../src/decision/policies/verdict.ts';
import { performHere } from '../../../../../src/offload/offload-tasks.ts';
import { ask } from '../../../../support/policies.ts';
import { repositoryRoot } from '../../../../support/repository-root.ts';

const SHOP = join(repositoryRoot, 'test/fixtures/openapi/shop.yaml');

function shop(parts: { operation?: string; strictQuery?: boolean } & Partial<ValidateOptions> = {}) {
  const { operation = null, strictQuery = false, ...more } = parts;
  const documented = readOpenApiOptions(SHOP, { operation, basePath: null, strictQuery });
  const options = {
    strictQuery,
    unknownOperations: 'refuse',
    otherTypes: 'refuse',
    maxBytes: 1_000_000,
    ...documented,
    ...more,
  };
  return validate.create(options as ValidateOptions, dryHost());
}

/** What is wrong with a request, one line each; or the code of another error. */
async function wrong(parts: DryRequestParts, policy = shop()): Promise<string[]> {
  const body = parts.body ?? Buffer.alloc(0);
  const effects = { requestBody: body, responseBody: Buffer.alloc(0), offload: performHere as never };
  const { verdict, decision } = await ask(policy, parts, effects);
  if (verdict === PASS) return [];
  const errors = decision.errorMembers?.['errors'] as { in: string; path: string; message: string }[] | undefined;
  return errors === undefined
    ? [decision.error!]
    : errors.map((error) => `${error.in} ${error.path} ${error.message}`.replace('  ', ' '));
}

const list = (query: string | null, headers: readonly string[] = ['x-tenant', 'blue']) => ({
  path: '/v1/orders',
  query,
  headers,
});
const create = (body: unknown, type = 'application/json') => ({
  method: 'POST',
  path: '/v1/orders',
  headers: ['content-type', type],
  body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
});
const ORDER = { email: 'a@b.example', items: [{ sku: 'x', price: 1 }] };

describe('validate: parameters', () => {
  it('takes what is described', async () => {
    for (const query of [
      null,
      '',
      'limit=10',
      'state=open&state=paid',
      'state=open',
      'ids=1,2,3',
      'created[gt]=5',
      'created%5Bgt%5D=5',
      'more=1',
    ])
      assert.deepEqual(await wrong(list(query)), [], String(query));
  });

  it('names the parameter that is not as described, and never its value', async () => {
    const cases: [string, string][] = [
      ['limit=0', 'query limit must be >= 1'],
      ['limit=abc', 'query limit must be integer'],
      ['limit=0x10', 'query limit must be integer'],
      ['limit=1&limit=2', 'query limit must be integer'],
      ['limit=', 'query limit must be integer'],
      ['ids=1,secret', 'query ids/1 must be integer'],
      ['state=open&state=secret', 'query state/1 must be equal to one of the allowed values'],
      ['created[gt]=secret', 'query created/gt must be integer'],
    ];
    for (const [query, expected] of cases) assert.deepEqual(await wrong(list(query)), [expected], query);
  });

  it('checks headers, cookies and parameters of the path', async () => {
    assert.deepEqual(await wrong(list(null, [])), ['header x-tenant is missing']);
    assert.match((await wrong(list(null, ['x-tenant', 'BLUE'])))[0]!, /^header x-tenant must match pattern/);
    assert.deepEqual(await wrong(list(null, ['x-tenant', 'blue', 'cookie', 'a=b; theme=dark'])), []);
    assert.deepEqual(await wrong(list(null, ['x-tenant', 'blue', 'cookie', 'theme=red'])), [
      'cookie theme must be equal to one of the allowed values',
    ]);
    assert.deepEqual(await wrong({ path: '/v1/orders/7' }), []);
    assert.deepEqual(await wrong({ path: '/v1/orders/x' }), ['path id must be integer']);
    assert.deepEqual(await wrong({ path: '/v1/orders/99999999999' }), ['path id must match format "int32"']);
    assert.deepEqual(await wrong({ path: '/v1/orders/latest' }), []);
  });

  it('refuses parameters that are not described where that is asked for', async () => {
    const strict = shop({ strictQuery: true });
    assert.deepEqual(await wrong(list('limit=1&created[gt]=1'), strict), []);
    assert.deepEqual(await wrong(list('limt=1'), strict), ['query limt is not described']);
    assert.deepEqual(await wrong({ path: '/v1/orders/7', query: 'x' }, strict), ['query x is not described']);
    assert.deepEqual(await wrong(list('__proto__=1&limit=1'), strict), ['query __proto__ is not described']);
  });

  it('knows no operation for another path or method, unless that may pass', async () => {
    for (const parts of [{ path: '/v1/none' }, { path: '/orders' }, { method: 'DELETE', path: '/v1/orders' }]) {
      assert.deepEqual(await wrong(parts), ['path no such operation is described']);
      assert.deepEqual(await wrong(parts, shop({ unknownOperations: 'pass' })), []);
    }
  });

  it('checks every request against one operation that is named, wherever it is served', async () => {
    const one = shop({ operation: 'getOrder' });
    assert.deepEqual(await wrong({ path: '/elsewhere/orders/7', method: 'PUT' }, one), []);
    assert.deepEqual(await wrong({ path: '/elsewhere/orders/x' }, one), ['path id must be integer']);
    assert.deepEqual(await wrong({ path: '/o/x', pattern: '/o/{id}' }, one), ['path id must be integer']);
  });
});

describe('validate: bodies', () => {
  it('names every place that is not as described', async () => {
    for (const price of [1, 19.99, 0.07, 123456.78])
      assert.deepEqual(await wrong(create({ ...ORDER, items: [{ sku: 'x', price }] })), [], String(price));
    assert.deepEqual(await wrong(create({ ...ORDER, items: [{ sku: 'x', price: 0.005 }] })), [
      'body /items/0/price must be multiple of 0.01',
    ]);
    const bad = { email: 'secret', items: [{ price: -1 }, { sku: 1 }], note: 'x'.repeat(11), 'a/b': 1 };
    assert.deepEqual((await wrong(create(bad))).sort(), [
      'body /a~1b is not described',
      'body /email must match format "email"',
      'body /items/0/price must be >= 0',
      'body /items/0/sku is missing',
      'body /items/1/sku must be string',
      'body /note must NOT have more than 10 characters',
    ]);
    assert.deepEqual(
      await wrong(
        create({
          ...ORDER,
          items: [
            { sku: 'a', price: 1 },
            { price: 1, sku: 'a' },
          ],
        }),
      ),
      ['body /items must NOT have duplicate items'],
    );
    assert.deepEqual(await wrong(create('{"email":"a@b.example","items":[{"sku":"x"}],"__proto__":{}}')), [
      'body /__proto__ is not described',
    ]);
  });

  it('names no more than twenty, and of a large body the first', async () => {
    const items = Array.from({ length: 50 }, (_, price) => ({ price }));
    assert.equal((await wrong(create({ ...ORDER, items }))).length, 20);
    const many = Array.from({ length: 10_000 }, (_, price) => ({ price }));
    assert.deepEqual(await wrong(create({ ...ORDER, items: many })), ['body /items/0/sku is missing']);
  });

  it('refuses what cannot be read, is missing or of another type', async () => {
    assert.deepEqual(await wrong(create('{')), ['request_body_invalid']);
    assert.deepEqual(await wrong(create('{"email":"a@b.example","email":1}')), ['request_body_invalid']);
    assert.deepEqual(await wrong(create('')), ['body is missing']);
    assert.deepEqual(await wrong(create('<a/>', 'text/xml')), ['media_type_unsupported']);
    assert.deepEqual(await wrong(create(ORDER, 'application/json; charset=utf-16')), ['media_type_unsupported']);
    assert.deepEqual(await wrong(create('a,b', 'text/csv')), []);
    assert.deepEqual(await wrong(create('<a/>', 'text/xml'), shop({ otherTypes: 'pass' })), []);
  });

  it('gives up on a body whose check would take forever', async () => {
    let tree: unknown = { leaf: 3 };
    for (let level = 0; level < 60; level++) tree = { leaf: 1, a: tree };
    const parts = { ...create(tree), method: 'PUT', path: '/v1/trees' };
    assert.deepEqual(await wrong(parts), ['body could not be checked in time']);
    assert.deepEqual(await wrong({ ...create({ leaf: 1, a: { leaf: 2 } }), method: 'PUT', path: '/v1/trees' }), []);
  });
});

describe('validate: formats', () => {
  const FITS: Readonly<Record<string, readonly [good: readonly string[], bad: readonly string[]]>> = {
    date: [
      ['2024-02-29', '2026-12-31'],
      ['2023-02-29', '2024-13-01', '2024-1-1', '2024-00-10', ''],
    ],
    'date-time': [
      ['2026-11-21T14:00:00Z', '2026-11-21t14:00:00.123+01:00', '2016-12-31T23:59:60Z'],
      ['2026-11-21', '2026-11-21T24:00:00Z', '2026-11-21T14:00:00'],
    ],
    email: [
      ['a@b.example', "o'x+y@b-c.d"],
      ['a', '@b', 'a@', 'a..b@c', 'a@-b', 'a b@c', 'a@b..c'],
    ],
    hostname: [
      ['a', 'a-b.example'],
      ['', '-a', 'a..b', `${'a'.repeat(64)}.b`],
    ],
    ipv4: [['192.0.2.1'], ['192.0.2.256', '1.2.3', '01.2.3.4', '::1']],
    ipv6: [
      ['::1', '2001:db8::'],
      ['1.2.3.4', ':::', 'fe80::1%eth0'],
    ],
    uri: [
      ['https://a.example/b?c#d', 'urn:a:b'],
      ['a', '/a', 'http://a b', 'http://a%zz'],
    ],
    uuid: [['123e4567-e89b-12d3-a456-426614174000'], ['123e4567e89b12d3a456426614174000', '']],
  };
  for (const [format, [good, bad]] of Object.entries(FITS)) {
    it(format, () => {
      const check = FORMATS[format as 'date'].validate;
      for (const text of good) assert.equal(check(text), true, text);
      for (const text of bad) assert.equal(check(text), false, text);
    });
  }
});
