import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { openApiOf } from '../../../../src/supervisor/admin/openapi.ts';
import { RESOURCES } from '../../../../src/supervisor/admin/resources.ts';
import { repositoryRoot } from '../../../support/repository-root.ts';

interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly security?: unknown;
  readonly requestBody?: { readonly content: { readonly 'application/json': { readonly schema: object } } };
  readonly responses: Readonly<Record<string, unknown>>;
}

const document = JSON.parse(JSON.stringify(openApiOf(RESOURCES))) as {
  openapi: string;
  paths: Record<string, Record<string, Operation>>;
};
const operations = Object.values(document.paths).flatMap((path) => Object.values(path));

/** Whether the document says that a body may look so. */
function takes(path: string, body: object): boolean {
  const { schema } = document.paths[path]!['post']!.requestBody!.content['application/json'];
  return new Ajv2020({ strict: false }).validate(schema, body);
}

describe('the OpenAPI document', () => {
  it('tells of every resource there is', () => {
    assert.equal(document.openapi, '3.1.0');
    for (const { method, path, needs, success } of RESOURCES) {
      const operation = document.paths[path]![method.toLowerCase()]!;
      assert.ok(operation.responses[success.status] !== undefined, path);
      assert.equal(operation.security === undefined, needs === null, path);
      assert.equal('401' in operation.responses, needs !== null, path);
      assert.equal('403' in operation.responses, needs === 'operator', path);
    }
    assert.equal(operations.length, RESOURCES.length);
    assert.equal(new Set(operations.map(({ operationId }) => operationId)).size, operations.length, 'names are unique');
  });

  it('tells what bodies may look like', () => {
    assert.ok(takes('/reload', {}));
    assert.ok(takes('/reload', { canary: { acceptors: 1, for: '60s', abortOn: 'errors>1%' }, why: 'x' }));
    assert.ok(!takes('/reload', { canary: { accepters: 1 } }));
    assert.ok(takes('/levers', { kind: 'limit', route: 'a', rate: '1/s', why: 'x' }));
    assert.ok(!takes('/levers', { kind: 'kill-route', route: 'a' }), 'why is required');
    assert.ok(!takes('/levers', { kind: 'limit', route: 'a', why: 'x' }));
  });

  it('points nowhere but into itself', () => {
    const text = JSON.stringify(document);
    for (const [, target] of text.matchAll(/"\$ref":"([^"]*)"/g)) assert.equal(target, '#/components/schemas/Problem');
    assert.ok(!text.includes('"$defs"'));
  });

  it('is told in docs/admin-api.md, all of it', () => {
    const page = readFileSync(join(repositoryRoot, 'docs/admin-api.md'), 'utf8');
    const rows = [...page.matchAll(/^\| `([A-Z]+ \/\S*)` +\| (\w+) +\| (.+?) +\|$/gm)].map(([, ...cells]) => cells);
    assert.deepEqual(
      rows,
      RESOURCES.map(({ method, path, needs, summary }) => [`${method} ${path}`, needs ?? 'anybody', summary]),
    );
  });
});
