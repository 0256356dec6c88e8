import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type AbortRule, DEFAULT_RULES, parseAbortRules } from '../../../../src/supervisor/canary/abort-rules.ts';
import { compare, type GroupFigures } from '../../../../src/supervisor/canary/judge-canary.ts';

const rules = (text: string): readonly AbortRule[] => {
  const parsed = parseAbortRules(text);
  assert.ok(typeof parsed !== 'string', String(parsed));
  return parsed;
};

function group(requests: number, errors: number, p99: number | null = null): GroupFigures {
  const times = { p50: p99, p90: p99, p99 };
  return { requests, errors, byClass: {}, byCode: {}, gatewayMs: times, upstreamMs: times };
}

const broken = (text: string, canary: GroupFigures, others: GroupFigures): readonly string[] =>
  compare('r', canary, others, rules(text)).broken;

/** Numbers from 0 to 1 that are the same in every run (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Share of trials that the rules end although both groups fail equally often, looked at after every 20 requests of the canary. */
function abortedByChance(failing: number, trials: number, looks: number): number {
  const random = randomFrom(1);
  const draw = (count: number): number => Array.from({ length: count }, random).filter((at) => at < failing).length;
  let aborted = 0;
  for (let trial = 0; trial < trials; trial++) {
    const errors = [0, 0];
    for (let look = 1; look <= looks; look++) {
      errors[0]! += draw(20);
      errors[1]! += draw(60);
      if (broken('errors>1%', group(20 * look, errors[0]!), group(60 * look, errors[1]!)).length === 0) continue;
      aborted++;
      break;
    }
  }
  return aborted / trials;
}

describe('a canary', () => {
  const counts = fc.nat({ max: 100_000 });

  it('is not ended without evidence: few requests, few errors, or no errors at all', () => {
    fc.assert(
      fc.property(fc.nat({ max: 19 }), counts, (requests, others) => {
        assert.deepEqual(broken(DEFAULT_RULES, group(requests, requests, 1000), group(others, 0, 1)), []);
      }),
    );
    fc.assert(
      fc.property(counts, fc.nat({ max: 2 }), counts, (requests, errors, others) => {
        assert.deepEqual(broken('errors>0.001%,errors>1.1x', group(requests, errors), group(others, 0)), []);
      }),
    );
  });

  it('is not ended for failing no more often than the others', () => {
    fc.assert(
      fc.property(counts, counts, fc.double({ min: 0, max: 1, noNaN: true }), (requests, others, share) => {
        const same = (count: number) => group(count, Math.floor(count * share));
        assert.deepEqual(broken('errors>0.1%,errors>1.2x', same(requests), same(others * 1000)), []);
      }),
    );
  });

  it('is ended when more requests fail than the rule allows, once there are enough of them', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 0.5, noNaN: true }),
        fc.double({ min: 0.001, max: 0.3, noNaN: true }),
        fc.double({ min: 1.5, max: 3, noNaN: true }),
        (usual, allowed, beyond) => {
          const text = `errors>${(allowed * 100).toFixed(3)}%`;
          const share = Math.min(1, usual + Number(allowed.toFixed(5)) * beyond);
          const enough = 100_000_000;
          const others = group(enough, Math.round(enough * usual));
          assert.equal(broken(text, group(enough, Math.round(enough * share)), others).length, 1);
        },
      ),
    );
  });

  it('of which every request fails is ended at the twentieth', () => {
    assert.match(
      broken('errors>1%', group(20, 20), group(60, 0)).join(),
      /^errors>1%: 100\.0% of 20 requests failed, 0\.00% elsewhere$/,
    );
    assert.equal(broken('errors>2x', group(20, 20), group(60, 1)).length, 1);
    assert.equal(broken('errors>1%', group(20, 20), group(0, 0)).length, 1, 'with nothing to compare it with, too');
  });

  for (const failing of [0.001, 0.01, 0.05, 0.3])
    it(`that does the same as the others, ${failing * 100}% of requests failing, is ended by chance in under 3 of 100 trials`, () => {
      const share = abortedByChance(failing, 200, 100);
      assert.ok(share < 0.03, `${share * 100}%`);
    });

  it('is ended for its times when there are many requests, they are so many times as long, and it is noticeable', () => {
    const ends = (canary: GroupFigures, others: GroupFigures) => broken('p99>1.5x', canary, others).length > 0;
    assert.ok(ends(group(1000, 0, 16), group(1000, 0, 10)));
    assert.ok(!ends(group(999, 0, 16), group(1000, 0, 10)), 'too few of the canary');
    assert.ok(!ends(group(1000, 0, 16), group(999, 0, 10)), 'too few of the others');
    assert.ok(!ends(group(1000, 0, 15), group(1000, 0, 10)), 'no more than 1.5 times');
    assert.ok(!ends(group(1000, 0, 0.3), group(1000, 0, 0.1)), 'a fraction of a millisecond');
    assert.equal(
      broken('p50>50ms', group(1000, 0, 51), group(0, 0)).length,
      1,
      'milliseconds need nothing to compare with',
    );
  });
});

describe('abort rules', () => {
  it('are read with their units, and refused with what is expected', () => {
    assert.deepEqual(
      rules('errors>1%, errors>2x,p99>1.5x,p50>2s').map(({ figure, unit, threshold }) => [figure, unit, threshold]),
      [
        ['errors', 'share', 0.01],
        ['errors', 'times', 2],
        ['p99', 'times', 1.5],
        ['p50', 'ms', 2000],
      ],
    );
    for (const wrong of [
      '',
      'errors',
      'errors>5ms',
      'p99>1%',
      'p98>1x',
      'errors>1%,',
      'errors<1%',
      'p99>-1x',
      'errors>1e3%',
    ])
      assert.match(String(parseAbortRules(wrong)), /is not a rule, expected errors>1%/, wrong);
  });

  it('never throw, whatever is written', () => {
    fc.assert(fc.property(fc.string(), (text) => void parseAbortRules(text)));
  });
});
