import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { KeyHistory } from '../../../../src/cli/replay/key-history.ts';

const moments = fc
  .array(fc.oneof({ weight: 4, arbitrary: fc.integer({ min: 0, max: 30 }) }, fc.integer({ min: 0, max: 3000 })), {
    maxLength: 60,
  })
  .map((gaps) => gaps.map((gap, at) => gap + gaps.slice(0, at).reduce((sum, one) => sum + one, 0)));

test('the peak of a window is the most that any window of its length holds', () => {
  const windows = [10, 100, 1000];
  fc.assert(
    fc.property(moments, (all) => {
      const history = new KeyHistory(windows);
      for (const moment of all) history.add(moment);
      const peaks = windows.map((length) =>
        all.reduce(
          (most, end) => Math.max(most, all.filter((moment) => moment <= end && moment > end - length).length),
          0,
        ),
      );
      assert.deepEqual([history.peaks, history.total], [peaks, all.length]);
    }),
  );
});

test('what lies before the longest window is forgotten, and counts are not', () => {
  const history = new KeyHistory([10, 500]);
  for (let moment = 0; moment < 20_000; moment++) history.add(moment);
  for (let i = 0; i < 20; i++) history.add(20_000);
  assert.deepEqual([history.peaks, history.total], [[29, 519], 20_020]);
});
