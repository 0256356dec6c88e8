import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import fc from 'fast-check';
import { type JsonSchema, jsonSchema } from '../../../src/config/schema/json-schema.ts';
import { BASE, load } from './diagnose.ts';

/** Loads a text and checks what holds for every text: no throw, and every diagnostic has a place in it and a sentence. */
function holds(text: string, file: string): void {
  const { loaded, diagnostics } = load(text, file);
  if (loaded === null) assert.ok(diagnostics.some(({ severity }) => severity === 'error'));
  const lines = text.split('\n').length;
  for (const diagnostic of diagnostics) {
    const { line, column, message } = diagnostic;
    assert.equal(diagnostic.file, file);
    assert.ok(line >= 1 && line <= lines && column >= 1, `${line}:${column} in ${lines} lines`);
    assert.ok(message.length > 0 && !/Invalid input|undefined|\{value\}|\{path\}/.test(message), message);
  }
}

const syntaxes = fc.constantFrom('a.yaml', 'a.json');

test('text of any kind is loaded or refused, never thrown at', () => {
  const words = fc.constantFrom(
    'version: 1',
    'routes:',
    '- name: a',
    '{',
    '}',
    '[',
    ']',
    '&a',
    '*a',
    '<<: *a',
    '|',
    '>',
    '"',
    "'",
    ': ',
    '\n  ',
    '\n',
    '!x',
    '---',
    '?',
    '#',
    `\${env:X}`,
    '\t',
    '__proto__: 1',
    'null',
    '1e999',
  );
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.array(words).map((parts) => parts.join('')),
    fc.json(),
  );
  fc.assert(fc.property(text, syntaxes, holds), { numRuns: 500 });
});

test('values of any shape in the places of the schema are loaded or refused', () => {
  const scalar = fc.oneof(
    fc.string(),
    fc.integer(),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.boolean(),
    fc.constant(null),
  );
  const wild = fc.oneof(scalar, fc.array(scalar, { maxLength: 3 }), fc.dictionary(fc.string(), scalar, { maxKeys: 3 }));
  fc.assert(
    fc.property(arbitraryOf(jsonSchema(), wild), (value) => {
      holds(JSON.stringify(value, null, 1), 'a.json');
      holds(JSON.stringify(value, null, 1), 'a.yaml');
    }),
    { numRuns: 300 },
  );
});

test('one damaged character of a good file is loaded or refused', () => {
  const good = `${BASE}routes:\n  - name: a\n    match: { path: /a/*, headers: { x: "1" } }\n    forward: { upstream: demo, timeout: 5s }\n`;
  fc.assert(
    fc.property(fc.nat({ max: good.length - 1 }), fc.string({ maxLength: 2 }), (at, text) =>
      holds(good.slice(0, at) + text + good.slice(at + 1), 'a.yaml'),
    ),
    { numRuns: 300 },
  );
});

test('nesting without end is refused', () => {
  for (const file of ['a.yaml', 'a.json']) holds('['.repeat(20_000), file);
});

/** Mostly what the schema asks for, and now and then anything. */
function arbitraryOf(schema: JsonSchema, wild: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  return fc.oneof({ weight: 8, arbitrary: tame(schema, wild) }, { weight: 1, arbitrary: wild });
}

function tame(schema: JsonSchema, wild: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  if (schema.anyOf !== undefined) return fc.oneof(...schema.anyOf.map((form) => arbitraryOf(form, wild)));
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum);
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (schema.items !== undefined) return fc.array(arbitraryOf(schema.items, wild), { maxLength: 3 });
  if (schema.properties !== undefined) {
    const fields = Object.entries(schema.properties).map(([key, field]) => [key, arbitraryOf(field, wild)] as const);
    return fc.record(Object.fromEntries(fields), { requiredKeys: [...(schema.required ?? [])] });
  }
  if (typeof schema.additionalProperties === 'object')
    return fc.dictionary(fc.string({ maxLength: 4 }), arbitraryOf(schema.additionalProperties, wild), { maxKeys: 2 });
  const examples = [
    '5s',
    '16KiB',
    '/a',
    '/a/*',
    '/{id}',
    '127.0.0.1:80',
    'http://a.example',
    'a',
    'GET',
    'x.example',
    'demo',
    1,
    80,
    true,
    0.5,
  ];
  return fc.constantFrom<unknown>(...examples);
}
