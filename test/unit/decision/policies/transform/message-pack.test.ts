import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { pack, Unpackr } from 'msgpackr';
import { BodyError } from '../../../../../src/decision/policies/transform/body-error.ts';
import { parseJson, writeJson } from '../../../../../src/decision/policies/transform/json-tree.ts';
import { readMessagePack, writeMessagePack } from '../../../../../src/decision/policies/transform/message-pack.ts';

const toPack = (text: string): Buffer => writeMessagePack(parseJson(text));
const toJson = (bytes: Buffer | string): string =>
  writeJson(readMessagePack(typeof bytes === 'string' ? Buffer.from(bytes, 'hex') : bytes));
const other = new Unpackr({ useRecords: false, int64AsType: 'number' });
const wellFormed = fc
  .jsonValue({ maxDepth: 5, stringUnit: 'grapheme' })
  .filter((value) => !JSON.stringify(value).includes('__proto__'));

describe('MessagePack', () => {
  it('comes back as the JSON it was', () => {
    fc.assert(
      fc.property(wellFormed, (value) => {
        const text = JSON.stringify(value);
        assert.deepEqual(JSON.parse(toJson(toPack(text))), JSON.parse(text));
      }),
    );
  });

  it('is read and written as another implementation does', () => {
    fc.assert(
      fc.property(wellFormed, (value) => {
        const plain: unknown = JSON.parse(JSON.stringify(value));
        assert.deepEqual(other.unpack(toPack(JSON.stringify(plain))), plain);
        assert.deepEqual(JSON.parse(toJson(pack(plain))), plain);
      }),
    );
  });

  it('keeps every integer of 64 bits, at every boundary of a size', () => {
    const bits = [0n, 5n, 7n, 8n, 15n, 16n, 31n, 32n, 53n, 63n];
    const values = bits.flatMap((bit) => [-1n, 0n, 1n].flatMap((by) => [(1n << bit) + by, -(1n << bit) + by]));
    for (const value of [...values, (1n << 64n) - 1n]) {
      if (value < -(1n << 63n)) continue;
      assert.equal(toJson(toPack(String(value))), String(value));
    }
  });

  it('refuses numbers it cannot hold exactly, and takes the others', () => {
    for (const text of [
      '18446744073709551616',
      '-9223372036854775809',
      '0.1234567890123456789',
      '1e400',
      '123456789012345678.5',
    ])
      assert.throws(() => toPack(text), BodyError, text);
    for (const text of ['1.10', '1e3', '100.0', '0.1', '-0', '0.0', '1E-7', '2.5e+10'])
      assert.equal(Number(toJson(toPack(text))), Number(text));
  });

  it('has lengths of every size', () => {
    for (const length of [0, 15, 16, 31, 32, 255, 256, 65_535, 65_536]) {
      const text = JSON.stringify('x'.repeat(length));
      assert.equal(toJson(toPack(text)), text);
      const list = JSON.stringify(Array.from({ length }, () => 0));
      assert.equal(toJson(toPack(list)), list);
    }
  });

  it('gives binary values as base64, and refuses what JSON has no form for', () => {
    assert.equal(toJson('c403010203'), '"AQID"');
    const refused = {
      extension: 'd40100',
      timestamp: 'd6ff00000000',
      numberKey: '810101',
      listKey: '819001',
      nan: 'cb7ff8000000000000',
      never: 'c1',
      twice: '82a16101a16102',
      notUtf8: 'a1ff',
      tail: '0101',
      empty: '',
      regexp: 'c7037892a161',
    };
    for (const [name, hex] of Object.entries(refused)) assert.throws(() => toJson(hex), BodyError, name);
  });

  it('believes no length further than there are bytes, and no depth beyond its limit', () => {
    for (const hex of ['ddffffffff', 'dfffffffff', 'dbffffffff', 'c6ffffffff', 'dd01c9c380'.repeat(4)])
      assert.throws(() => toJson(hex), BodyError, hex);
    assert.throws(() => toJson('91'.repeat(500_000)), BodyError);
  });

  it('any bytes are read or refused, never anything else', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        try {
          JSON.parse(toJson(Buffer.from(bytes)));
        } catch (error) {
          assert.ok(error instanceof BodyError, String(error));
        }
      }),
      { numRuns: 2000 },
    );
  });
});
