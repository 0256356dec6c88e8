import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { DocumentError } from '../../../../src/config/openapi/document-error.ts';
import { readOpenApi } from '../../../../src/config/openapi/operations.ts';
import { readOpenApiOptions, toBodyOptions } from '../../../../src/config/openapi/validate-options.ts';
import { SchemaSet } from '../../../../src/decision/policies/validate/schema-set.ts';
import { repositoryRoot } from '../../../support/repository-root.ts';
import { tempDir } from '../../../support/temp-dir.ts';

const SHOP = join(repositoryRoot, 'test/fixtures/openapi/shop.yaml');
const ALL = { operation: null, basePath: null, strictQuery: false };

/** Whether values fit a body's schema, written as OpenAPI 3.0 does. */
function fits30(schema: unknown, value: unknown, components: Record<string, unknown> = {}): boolean {
  const paths = { '/': { post: { requestBody: { content: { 'application/json': { schema } } } } } };
  const { operations, schemas } = readOpenApi(
    { openapi: '3.0.3', paths, components: { schemas: components } },
    null,
    false,
  );
  return (
    new SchemaSet(JSON.stringify(schemas)).check(operations[0]!.body!.content[0]!.schema!, value, false).length === 0
  );
}

describe('OpenAPI documents', () => {
  it('become operations, with the base path of their first server', () => {
    const { operations, basePath } = readOpenApiOptions(SHOP, ALL);
    assert.deepEqual(
      operations.map(({ name }) => name),
      ['listOrders', 'createOrder', 'getOrder', 'getLatest', 'putTree'],
    );
    assert.equal(basePath, '/v1');
    assert.equal(readOpenApiOptions(SHOP, { ...ALL, basePath: '/shop' }).basePath, '/shop');
  });

  it('keep of one operation no schemas but its own', () => {
    const one = readOpenApiOptions(SHOP, { ...ALL, operation: 'getOrder' });
    assert.deepEqual(
      one.operations.map(({ name, method }) => [name, method]),
      [['getOrder', null]],
    );
    assert.equal(Object.keys(JSON.parse(one.schemas) as object).length, 2);
  });

  it('of version 3.0 are read as that version says', () => {
    assert.equal(fits30({ type: 'string', nullable: true, enum: ['a'] }, null), true);
    assert.equal(fits30({ type: 'string', enum: ['a'] }, null), false);
    assert.equal(fits30({ type: 'number', minimum: 1, exclusiveMinimum: true }, 1), false);
    assert.equal(fits30({ type: 'number', minimum: 1, exclusiveMinimum: false }, 1), true);
    assert.equal(fits30({ type: 'number', maximum: 1, exclusiveMaximum: true }, 1), false);
    assert.equal(fits30({ type: 'object', properties: { nullable: { type: 'integer' } } }, { nullable: 'x' }), false);
    assert.equal(fits30({ $ref: '#/components/schemas/A', type: 'string' }, 1, { A: { type: 'integer' } }), true);
    assert.equal(fits30({ $ref: '#/components/schemas/a~1b' }, 1, { 'a/b': { type: 'string' } }), false);
  });

  it('do not require of requests what only responses hold', () => {
    const properties = { id: { type: 'integer', readOnly: true }, name: { type: 'string' } };
    const schema = { type: 'object', required: ['id', 'name'], properties };
    assert.equal(fits30(schema, { name: 'x' }), true);
    assert.equal(fits30(schema, { id: 1 }), false);
  });

  it('may hold schemas of themselves', () => {
    const components = {
      List: {
        type: 'object',
        properties: { next: { $ref: '#/components/schemas/List' } },
        additionalProperties: false,
      },
    };
    const schema = { $ref: '#/components/schemas/List' };
    assert.equal(fits30(schema, { next: { next: {} } }, components), true);
    assert.equal(fits30(schema, { next: { next: { other: 1 } } }, components), false);
    const { schemas } = toBodyOptions({ items: { $ref: '#' } });
    assert.equal(new SchemaSet(schemas).isRecursive('s0'), true);
    assert.equal(new SchemaSet(toBodyOptions({ items: { type: 'string' } }).schemas).isRecursive('s0'), false);
  });

  it('are refused with the place of what is wrong', () => {
    const body = (schema: unknown) => ({
      openapi: '3.1.0',
      paths: { '/': { post: { requestBody: { content: { 'application/json': { schema } } } } } },
    });
    const at = '#/paths/~1/post/requestBody/content/application~1json/schema';
    for (const [document, message] of [
      [{ swagger: '2.0' }, '/openapi: is missing, expected 3.0.x or 3.1.x'],
      [body({ $ref: 'other.yaml#/A' }), `${at}: $ref "other.yaml#/A" does not stay within the document`],
      [body({ $ref: '#/none' }), `${at}: $ref "#/none" leads nowhere`],
      [{ ...body({ $ref: '#/a' }), a: { $ref: '#/b' }, b: { $ref: '#/a' } }, `${at}: $ref "#/a" leads in a circle`],
      [body({ properties: { a: 1 } }), `${at}/properties/a: is not a schema`],
      [body({ $dynamicRef: '#x' }), `${at}/$dynamicRef: is not supported`],
      [body({ pattern: '(a)\\1' }), `${at}/pattern: cannot be matched in linear time`],
      [
        { openapi: '3.1.0', paths: { '/': { get: { parameters: [{ in: 'body', name: 'x' }] } } } },
        '#/paths/~1/get/parameters/0: is not a parameter',
      ],
    ] as const)
      assert.throws(
        () => readOpenApi(document, null, false),
        (error) => error instanceof DocumentError && error.message.startsWith(message),
        message,
      );
    assert.throws(() => readOpenApi({ openapi: '3.1.0' }, 'none', false), /has no operation "none"/);
  });

  it('that are no text, no schema or not there are refused with file and line', (t) => {
    const file = join(tempDir(t), 'api.yaml');
    const read = () => readOpenApiOptions(file, ALL);
    assert.throws(read, DocumentError);
    writeFileSync(file, 'openapi: 3.1.0\npaths: {a: [}\n');
    assert.throws(read, (error: Error) => error instanceof DocumentError && error.message.startsWith(`${file}:2:`));
    writeFileSync(file, '- a\n');
    assert.throws(read, /is not a map/);
    assert.throws(() => toBodyOptions({ type: 'strin' }), /holds a schema that is none/);
  });
});
