import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { BodyError } from '../../../../../src/decision/policies/transform/body-error.ts';
import { MOST_LEVELS, parseJson, writeJson } from '../../../../../src/decision/policies/transform/json-tree.ts';

const parsesHere = (text: string): boolean => {
  try {
    parseJson(text);
    return true;
  } catch (error) {
    assert.ok(error instanceof BodyError, String(error));
    return false;
  }
};

const parsesAnywhere = (text: string): boolean => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};

const hasTwins = (text: string): boolean => {
  let isTwice = false;
  const levels: Set<string>[] = [];
  // Good for texts whose strings hold neither braces nor quotes.
  for (const [token, name] of text.matchAll(/"([^"]*)"\s*:|[{}]/g)) {
    if (token === '{') levels.push(new Set());
    else if (token === '}') levels.pop();
    else if (levels.at(-1)?.has(name!)) isTwice = true;
    else levels.at(-1)?.add(name!);
  }
  return isTwice;
};

describe('JSON trees', () => {
  it('write what they read, whatever it is', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 6 }), fc.constantFrom(undefined, 2), (text, indent) => {
        const value: unknown = JSON.parse(text);
        assert.deepEqual(JSON.parse(writeJson(parseJson(JSON.stringify(value, null, indent)))), value);
      }),
    );
  });

  it('take exactly what JSON.parse takes, but for names that stand twice', () => {
    const pieces = [
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"a"',
      '"b"',
      '"\\u0041"',
      '"\\x"',
      '0',
      '01',
      '-',
      '-1.5e+3',
      '1.',
      '.5',
      'true',
      'nul',
      'null',
      ' ',
      '\n',
      '\u00a0',
      '"',
      '\\',
    ];
    const texts = fc.oneof(
      fc.array(fc.constantFrom(...pieces), { maxLength: 12 }).map((parts) => parts.join('')),
      // Whole texts with one character changed.
      fc.tuple(fc.json({ maxDepth: 3 }), fc.nat(), fc.constantFrom(...pieces)).map(([text, at, piece]) => {
        const cut = at % (text.length + 1);
        return text.slice(0, cut) + piece + text.slice(cut + 1);
      }),
    );
    fc.assert(
      fc.property(texts, (text) => {
        const here = parsesHere(text);
        if (here !== parsesAnywhere(text)) assert.ok(!here && hasTwins(text), JSON.stringify(text));
      }),
      { numRuns: 3000 },
    );
  });

  it('keep every digit of numbers, and the spelling of strings', () => {
    for (const text of ['[12345678901234567890123,1.10,1E400,-0,0.1e-7]', '{"a":"\\u00e4\\/"}', '"ä"'])
      assert.equal(writeJson(parseJson(text)), text);
  });

  it('refuse a name that stands twice, in whichever spelling, in small and in large objects', () => {
    assert.equal(parsesHere('{"a":1,"b":2,"\\u0061":3}'), false);
    const members = Array.from({ length: 40 }, (_, at) => `"n${at}":${at}`);
    assert.equal(parsesHere(`{${members.join()}}`), true);
    assert.equal(parsesHere(`{${[...members, '"n0":0'].join()}}`), false);
    assert.equal(parsesHere(`{${[...members, '"n39":0'].join()}}`), false);
  });

  it('refuse what is nested too deeply, however deeply', () => {
    const nested = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels);
    assert.equal(parsesHere(nested(MOST_LEVELS)), true);
    assert.equal(parsesHere(nested(MOST_LEVELS + 2)), false);
    assert.equal(parsesHere(nested(400_000)), false);
    assert.equal(parsesHere('{"a":'.repeat(400_000)), false);
  });

  it('keep __proto__ a name like any other', () => {
    assert.equal(
      writeJson(parseJson('{"__proto__":{"x":1},"constructor":2}')),
      '{"__proto__":{"x":1},"constructor":2}',
    );
    assert.equal(({} as { x?: number }).x, undefined);
  });
});
