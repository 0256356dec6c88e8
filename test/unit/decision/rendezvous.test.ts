import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type Candidate, Rendezvous } from '../../../src/decision/rendezvous.ts';

const NOBODY: ReadonlySet<number> = new Set();
const KEYS = Array.from({ length: 4000 }, (_, index) => `user-${index}`);

const someCandidates = fc
  .uniqueArray(fc.integer({ min: 1, max: 65_535 }), { minLength: 1, maxLength: 12 })
  .chain((ports) =>
    fc
      .array(fc.integer({ min: 1, max: 10 }), { minLength: ports.length, maxLength: ports.length })
      .map((weights) =>
        ports.map((port, at): Candidate => ({ name: `http://10.0.0.1:${port}`, weight: weights[at]! })),
      ),
  );

const choicesOf = (candidates: readonly Candidate[]): string[] => {
  const hash = new Rendezvous(candidates);
  return KEYS.map((key) => candidates[hash.choose(key, NOBODY)]!.name);
};

describe('rendezvous hashing', () => {
  it('moves no key but to the one that is new, and about its share of them', () => {
    fc.assert(
      fc.property(someCandidates, fc.integer({ min: 1, max: 10 }), fc.nat(11), (before, weight, at) => {
        const added = { name: 'http://10.0.0.2:80', weight };
        const after = before.toSpliced(at % (before.length + 1), 0, added);
        const old = choicesOf(before);
        const moved = choicesOf(after).filter((name, index) => name !== old[index]);
        assert.deepEqual(
          moved.filter((name) => name !== added.name),
          [],
        );
        const share = weight / after.reduce((sum, one) => sum + one.weight, 0);
        const deviation = Math.sqrt(KEYS.length * share * (1 - share));
        assert.ok(
          Math.abs(moved.length - KEYS.length * share) < 6 * deviation + 1,
          `${moved.length} moved of ${share}`,
        );
      }),
      { numRuns: 60 },
    );
  });

  it('gives the keys of one that is left out to the others, and moves no other key', () => {
    fc.assert(
      fc.property(someCandidates, fc.nat(11), (candidates, at) => {
        fc.pre(candidates.length > 1);
        const out = at % candidates.length;
        const hash = new Rendezvous(candidates);
        for (const key of KEYS.slice(0, 500)) {
          const usual = hash.choose(key, NOBODY);
          const now = hash.choose(key, new Set([out]));
          if (usual === out) assert.ok(now !== out && now >= 0);
          else assert.equal(now, usual);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('never chooses who has no weight, and says so when nobody is left', () => {
    const hash = new Rendezvous([
      { name: 'a', weight: 0 },
      { name: 'b', weight: 1 },
    ]);
    for (const key of KEYS.slice(0, 100)) assert.equal(hash.choose(key, NOBODY), 1);
    assert.equal(hash.choose('x', new Set([1])), -1);
  });
});
