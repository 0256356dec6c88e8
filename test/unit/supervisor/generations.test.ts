import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { GenerationsModel, LANES, type Move } from './generations-model.ts';

const weights: readonly [Move['kind'], number][] = [
  ['hear', 30],
  ['settle', 10],
  ['stage', 8],
  ['publish', 4],
  ['promote', 4],
  ['discard', 3],
  ['retry', 6],
  ['die', 1],
  ['reap', 3],
  ['respawn', 4],
];

const moves: fc.Arbitrary<Move[]> = fc.array(
  fc.record({
    kind: fc.oneof(...weights.map(([kind, weight]) => ({ weight, arbitrary: fc.constant(kind) }))),
    lane: fc.nat({ max: LANES - 1 }),
    isFollowed: fc.boolean(),
    isReady: fc.oneof({ weight: 5, arbitrary: fc.constant(true) }, { weight: 1, arbitrary: fc.constant(false) }),
  }),
  { minLength: 100, maxLength: 400, size: 'max' },
);

it('nobody reads a half that is filled, whoever hears late, dies, starts again or cannot use a canary yet', () => {
  const ends = { live: 0, discarded: 0 };
  fc.assert(
    fc.property(moves, (list) => {
      const model = new GenerationsModel();
      model.run(list);
      ends.live += model.ends.live;
      ends.discarded += model.ends.discarded;
    }),
    { numRuns: 1000 },
  );
  assert.ok(ends.live > 1000 && ends.discarded > 300, `too little happened to prove anything: ${JSON.stringify(ends)}`);
});
