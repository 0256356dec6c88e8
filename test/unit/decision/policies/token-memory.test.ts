import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { TokenMemory } from '../../../../src/decision/policies/jwt/token-memory.ts';

const tokenOf = (text: string) => ({ text, claims: {}, consumer: null, from: 0, until: 1, lines: [] });
const tail = 't'.repeat(24);

describe('remembered tokens', () => {
  it('are those that were added, whatever they have in common', () => {
    const texts = fc.array(fc.tuple(fc.constantFrom('a', 'b', 'ab', ''), fc.constantFrom(tail, 'u', `${tail}x`)));
    fc.assert(
      fc.property(texts, (pairs) => {
        const memory = new TokenMemory(4);
        for (const text of pairs.map((pair) => pair.join(''))) {
          const known = memory.get(text);
          if (known !== null) assert.equal(known.text, text);
          memory.add(tokenOf(text));
          assert.equal(memory.get(text)!.text, text);
        }
      }),
    );
  });

  it('push each other out when they end the same, and are never taken for each other', () => {
    const memory = new TokenMemory(4);
    memory.add(tokenOf(`one.${tail}`));
    assert.equal(memory.get(`two.${tail}`), null);
    memory.add(tokenOf(`two.${tail}`));
    assert.equal(memory.get(`one.${tail}`), null);
    assert.equal(memory.get(`two.${tail}`)!.text, `two.${tail}`);
  });

  it('are as many as there is room for, by number and by size', () => {
    const memory = new TokenMemory(2);
    for (const name of ['a', 'b', 'c']) memory.add(tokenOf(`${name}.${name.repeat(24)}`));
    assert.equal(memory.get(`a.${'a'.repeat(24)}`), null);
    const large = new TokenMemory(1000);
    const texts = Array.from({ length: 300 }, (_, index) => 'x'.repeat(65_536) + String(index).padStart(24, '0'));
    for (const text of texts) large.add(tokenOf(text));
    const kept = texts.filter((text) => large.get(text) !== null).length;
    assert.ok(kept > 200 && kept <= 256, `${kept}`);
  });
});
