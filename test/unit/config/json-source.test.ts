import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseJson } from '../../../src/config/source/json-source.ts';
import { parseJsonTree } from '../../../src/config/source/json-tree-source.ts';
import type { Source, SourceResult } from '../../../src/config/source/source.ts';

type Path = (string | number)[];

/** Every path into a value, and some that lead nowhere. */
function pathsOf(value: unknown, path: Path = []): Path[] {
  const steps: Path =
    typeof value !== 'object' || value === null ? [] : Array.isArray(value) ? [...value.keys()] : Object.keys(value);
  const nowhere: Path[] = [
    [...path, 'none'],
    [...path, 99],
    [...path, 99, 'none'],
  ];
  return [path, ...nowhere].concat(
    steps.flatMap((step) => pathsOf((value as Record<string, unknown>)[step as string], [...path, step])),
  );
}

function assertSame(found: SourceResult, expected: SourceResult): void {
  assert.deepEqual(found.diagnostics, expected.diagnostics);
  assert.deepEqual(found.source?.value, expected.source?.value);
  if (found.source === null || expected.source === null) return;
  for (const path of pathsOf(expected.source.value))
    for (const part of ['key', 'value'] as const)
      assert.deepEqual(
        found.source.locate(path, part),
        expected.source.locate(path, part),
        JSON.stringify([path, part]),
      );
}

const key = fc.oneof(fc.constantFrom('routes', 'a', '__proto__', 'constructor', '', '\u00e9"\\'), fc.string());
const json = fc.letrec((tie) => ({
  value: fc.oneof({ depthSize: 'small' }, fc.jsonValue({ maxDepth: 0 }), tie('list'), tie('map')),
  list: fc.array(tie('value'), { maxLength: 4 }),
  map: fc.array(fc.tuple(key, tie('value')), { maxLength: 4 }),
}));

/** Written by hand, so that keys may stand twice, and blanks anywhere. */
function write(value: unknown, blank: () => string): string {
  if (!Array.isArray(value)) return JSON.stringify(value);
  const isMap = value.length > 0 && value.every((item) => Array.isArray(item) && typeof item[0] === 'string');
  const items = value.map((item) =>
    isMap ? `${JSON.stringify(item[0])}${blank()}:${blank()}${write(item[1], blank)}` : write(item, blank),
  );
  const inside = items.map((item) => `${blank()}${item}${blank()}`).join(',');
  return isMap ? `{${inside}}` : `[${inside}]`;
}

const texts = fc
  .tuple(json.map, fc.infiniteStream(fc.constantFrom('', '', ' ', '\n', '\r\n', '\t')))
  .map(([value, blanks]) => {
    const blank = (): string => blanks.next().value;
    return `${blank()}${write(value, blank)}${blank()}`;
  });

test('JSON has the values, places and mistakes that a parser with a tree finds', () => {
  fc.assert(
    fc.property(texts, (text) => assertSame(parseJson('a.json', text), parseJsonTree('a.json', text))),
    {
      numRuns: 300,
    },
  );
});

test('damaged JSON has the same mistakes', () => {
  const damage = fc.tuple(
    texts,
    fc.nat(),
    fc.nat(4),
    fc.constantFrom('', '"', '{', ']', ',', ':', '\\', '\n', '/', '\u0001', '01'),
  );
  fc.assert(
    fc.property(damage, ([text, at, length, put]) => {
      const begin = at % (text.length + 1);
      const damaged = text.slice(0, begin) + put + text.slice(begin + length);
      assertSame(parseJson('a.json', damaged), parseJsonTree('a.json', damaged));
    }),
    { numRuns: 1000 },
  );
});

test('what an earlier version of a file held changes nothing but the identity of what is the same', () => {
  fc.assert(
    fc.property(fc.array(texts, { minLength: 2, maxLength: 5 }), (versions) => {
      let earlier: Source | null = null;
      for (const items of versions.map((_, index) => versions.slice(index).concat(versions.slice(0, index / 2)))) {
        const text = `{"version": 1,\n "routes": [${items.join(',\n')}]}`;
        const found: SourceResult = parseJson('a.json', text, earlier);
        assertSame(found, parseJsonTree('a.json', text));
        earlier = found.source ?? earlier;
      }
    }),
    { numRuns: 50 },
  );
});

test('an item that has not changed is the same object', () => {
  const first = parseJson('a.json', '{"routes": [{"name": "a"}, {"name": "b"}]}').source!;
  const second = parseJson('a.json', '{"routes": [{"name": "c"}, {"name": "a"}]}', first).source!;
  const [a] = (first.value as { routes: object[] }).routes;
  assert.equal((second.value as { routes: object[] }).routes[1], a);
});
