import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { judgeRatios, lowerEnd } from '../../bench/judge/judge-ratios.ts';
import type { ContenderResult } from '../../bench/run/run-result.ts';
import { aRun } from './a-run.ts';

const LATENCIES = Array.from({ length: 400 }, (_, n) => 1_000 + n);

/** One run a round, each with this CPU time a request. */
function contender(name: string, cpu: readonly number[], starvedRound = 0): ContenderResult {
  const runs = cpu.map((cpuMicrosPerRequest, index) => {
    const starved = index + 1 === starvedRound ? 'starved' : null;
    return aRun({ all: { latencies: LATENCIES } }, { round: index + 1, cpuMicrosPerRequest, starved });
  });
  return { name, version: '1', runs };
}

describe('a build against another', () => {
  const baseline = contender('main', [40, 41, 39, 40]);

  it('is broken when it costs more in every round, beyond what is allowed', () => {
    const { outcome, verdicts } = judgeRatios(baseline, contender('penstock', [48, 47, 50, 46]));
    assert.equal(outcome, 'broken');
    assert.deepEqual(
      verdicts.map(({ figure, outcome: verdict }) => [figure, verdict]),
      [
        ['cpu per request', 'broken'],
        ['p50', 'kept'],
        ['p99', 'kept'],
      ],
    );
  });

  it('is kept when one round out of four says otherwise: that may be noise', () => {
    assert.equal(judgeRatios(baseline, contender('penstock', [48, 47, 40, 46])).outcome, 'kept');
  });

  it('is not judged when too few rounds count', () => {
    const { outcome, verdicts } = judgeRatios(baseline, contender('penstock', [80, 80, 80, 80], 2));
    assert.deepEqual([outcome, verdicts[0]!.reason], ['not-judged', '3 of the 4 rounds that are wanted count']);
  });

  it('has a lower end among its ratios, which is above the true median once in fourteen times at most', () => {
    assert.equal(lowerEnd([4, 1, 3, 2]), 1);
    assert.equal(lowerEnd([8, 7, 6, 5, 4, 3, 2, 1]), 2);
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0.5, max: 2, noNaN: true }), { minLength: 1, maxLength: 40 }), (values) => {
        const below = values.filter((value) => value < lowerEnd(values)).length;
        assert.ok(values.includes(lowerEnd(values)));
        assert.ok(below < values.length / 2);
      }),
    );
  });
});
