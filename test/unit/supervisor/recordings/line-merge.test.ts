import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { LineMerge } from '../../../../src/supervisor/recordings/line-merge.ts';

const NEVER = Number.NEGATIVE_INFINITY;

describe('the merge of lines of several acceptors', () => {
  it('lets lines leave in order of time, once no source can tell of an older one, and loses none', () => {
    const source = fc.array(fc.record({ times: fc.array(fc.nat(50), { maxLength: 4 }), advance: fc.nat(30) }));
    const cases = fc.property(fc.array(source, { minLength: 1, maxLength: 4 }), (sources) => {
      const merge = new LineMerge<number>();
      const left: number[] = [];
      const take = () => left.push(...merge.take(NEVER).map(Number));
      for (const name of sources.keys()) merge.join(name, 0);
      let told = 0;
      const before = sources.map(() => 0);
      for (let round = 0; round < Math.max(...sources.map(({ length }) => length)); round++) {
        sources.forEach((batches, name) => {
          const batch = batches[round];
          if (batch === undefined) return;
          const lines = batch.times.map((time) => [before[name]! + time, `${before[name]! + time}`] as const);
          told += lines.length;
          before[name]! += batch.advance;
          assert.equal(merge.add(name, lines, before[name]!), 0);
          take();
          const least = Math.min(...before);
          assert.ok(left.every((at) => at < least));
        });
      }
      for (const name of sources.keys()) merge.leave(name);
      take();
      assert.equal(left.length, told);
      assert.deepEqual(
        left,
        left.toSorted((a, b) => a - b),
      );
    });
    fc.assert(cases, { numRuns: 200 });
  });

  it('does not wait for ever for a source that says nothing, and counts what then comes too late', () => {
    const merge = new LineMerge<string>();
    merge.join('silent', 0);
    merge.join('busy', 0);
    merge.add(
      'busy',
      [
        [5, 'a'],
        [20, 'b'],
      ],
      21,
    );
    assert.deepEqual(merge.take(NEVER), []);
    assert.deepEqual(merge.take(10), ['a']);
    assert.equal(
      merge.add(
        'silent',
        [
          [4, 'late'],
          [7, 'c'],
        ],
        30,
      ),
      1,
    );
    assert.deepEqual(merge.take(NEVER), ['c', 'b']);
  });

  it('holds no more than a limit', () => {
    const merge = new LineMerge<string>();
    merge.join('silent', 0);
    const line = 'x'.repeat(1024 * 1024);
    merge.add(
      'busy',
      Array.from({ length: 20 }, (_, at) => [at, line] as const),
      20,
    );
    assert.equal(merge.take(NEVER).length, 4);
  });
});
