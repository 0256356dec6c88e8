import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { BudgetLine } from '../../bench/judge/budget-line.ts';
import { judge, MOST_RUNS, needsAnotherRun } from '../../bench/judge/judge.ts';
import { outcomeLines } from '../../bench/judge/outcome-lines.ts';
import { samplesWanted, verdictOf } from '../../bench/judge/verdict-of.ts';
import type { RunResult } from '../../bench/run/run-result.ts';
import { aRun } from './a-run.ts';

const P99: BudgetLine = {
  ...{ route: 'catalog', of: 'latency', figure: 'p99', limit: 20_000, isOwn: true },
  place: 'penstock.yaml:4:20',
};
const ERRORS: BudgetLine = { ...P99, of: 'errors', figure: 'share', limit: 0.01 };

const repeated = (value: number, times: number): number[] => Array<number>(times).fill(value);
const fast = (starved: string | null = null): RunResult =>
  aRun({ catalog: { latencies: repeated(1_000, 400) } }, { starved });
/** Two in a hundred are late. */
const slow = (): RunResult => aRun({ catalog: { latencies: [...repeated(1_000, 392), ...repeated(31_000, 8)] } });

describe('one budget', () => {
  it('is not judged, and says why, where the routes were too many to count each', () => {
    const { reason } = verdictOf({ ...P99, route: 'orders' }, [aRun({ catalog: {}, '(others)': {} })]);
    assert.match(reason!, /not counted by itself/);
  });

  it('may be of a route that is called like what every object has', () => {
    const { outcome, reason } = verdictOf({ ...P99, route: 'constructor' }, [fast()]);
    assert.deepEqual([outcome, reason], ['not-judged', 'no request took this route']);
  });

  it('is kept up to its limit and broken beyond it, with what it rests on', () => {
    assert.equal(verdictOf(P99, [fast()]).outcome, 'kept');
    const broken = verdictOf(P99, [slow()]);
    assert.deepEqual([broken.outcome, broken.samples, broken.place], ['broken', 400, 'penstock.yaml:4:20']);
    assert.ok(Math.abs(broken.measured[0]! - 31_000) < 100);
  });

  it('is not judged with too few samples, however slow they are', () => {
    const few = aRun({ catalog: { latencies: repeated(90_000, 299) } });
    assert.deepEqual(
      [verdictOf(P99, [few]).outcome, verdictOf(P99, [few]).reason],
      ['not-judged', 'p99 wants 300 samples in a run'],
    );
    assert.deepEqual((['p50', 'p90', 'p95', 'p99', 'p999'] as const).map(samplesWanted), [6, 30, 60, 300, 3_000]);
  });

  it("judges the gateway's own time apart from what clients wait", () => {
    const run = aRun({ catalog: { latencies: repeated(90_000, 400), overheads: repeated(300, 400) } });
    assert.equal(verdictOf({ ...P99, of: 'overhead', limit: 500 }, [run]).outcome, 'kept');
    assert.equal(verdictOf({ ...P99, of: 'overhead', limit: 200 }, [run]).outcome, 'broken');
    const silent = { ...run, gateway: { ...run.gateway, overhead: null } };
    assert.equal(verdictOf({ ...P99, of: 'overhead' }, [silent]).outcome, 'not-judged');
  });

  it('takes one error among few requests for nothing, two for what they are, and none at all for kept', () => {
    const withErrors = (errors: number, sent: number): RunResult =>
      aRun({ catalog: { latencies: repeated(1_000, sent), errors } });
    assert.equal(verdictOf(ERRORS, [withErrors(0, 5)]).outcome, 'kept');
    assert.equal(verdictOf(ERRORS, [withErrors(1, 99)]).outcome, 'not-judged');
    assert.equal(verdictOf(ERRORS, [withErrors(1, 100)]).outcome, 'kept');
    assert.equal(verdictOf(ERRORS, [withErrors(2, 99)]).outcome, 'broken');
    assert.equal(verdictOf({ ...ERRORS, limit: 0 }, [withErrors(1, 5)]).outcome, 'broken');
  });
});

describe('several runs', () => {
  it('break a budget when it is broken in most of them', () => {
    assert.equal(verdictOf(P99, [slow(), fast(), fast()]).outcome, 'kept');
    assert.equal(verdictOf(P99, [slow(), fast(), slow()]).outcome, 'broken');
  });

  it('are made until a budget is broken or kept in most of those there may be', () => {
    const wants = (...runs: RunResult[]): boolean => needsAnotherRun([P99], runs, MOST_RUNS);
    assert.equal(wants(fast()), false);
    assert.equal(wants(slow()), true);
    assert.equal(wants(slow(), slow()), false);
    assert.equal(wants(slow(), fast()), true);
    assert.equal(wants(slow(), fast(), slow()), false);
  });

  it('are repeated twice at most when the generator was starved, and then nothing is judged', () => {
    const starved = fast('it was starved');
    assert.equal(needsAnotherRun([P99], [starved], MOST_RUNS), true);
    assert.equal(needsAnotherRun([P99], [starved, starved, starved], MOST_RUNS), false);
    const judgement = judge([P99], [starved, starved, starved], MOST_RUNS);
    assert.equal(judgement.outcome, 'not-judged');
    assert.match(outcomeLines(judgement).at(-1)!, /^NOT JUDGED/);
  });

  it('that were starved count for nothing, whatever was measured in them', () => {
    const starvedAndSlow = { ...slow(), load: { ...slow().load, generator: fast('starved').load.generator } };
    assert.equal(judge([P99], [starvedAndSlow, fast()], MOST_RUNS).outcome, 'kept');
  });

  it('say nothing of a budget that only one of them breaks, when the others were starved', () => {
    const starved = fast('it was starved');
    const { outcome, verdicts } = judge([P99], [slow(), starved, starved, starved], MOST_RUNS);
    assert.equal(outcome, 'not-judged');
    assert.match(verdicts[0]!.reason!, /starved in the runs that were to say/);
    assert.equal(judge([P99], [slow(), starved, slow()], MOST_RUNS).outcome, 'broken');
    assert.equal(judge([P99], [slow()], 1).outcome, 'broken');
  });

  it('always come to an end, and a verdict agrees with most of its figures', () => {
    const run = fc.constantFrom('fast', 'slow', 'starved');
    const kinds = { fast: fast(), slow: slow(), starved: fast('starved') };
    fc.assert(
      fc.property(fc.array(run, { minLength: 5, maxLength: 5 }), fc.integer({ min: 1, max: 4 }), (order, most) => {
        const runs: RunResult[] = [];
        while (runs.length === 0 || needsAnotherRun([P99], runs, most)) runs.push(kinds[order[runs.length % 5]!]);
        assert.ok(runs.length <= most + 2);
        const { outcome, verdicts } = judge([P99], runs, most);
        const { measured } = verdicts[0]!;
        const broken = measured.filter((value) => value > P99.limit).length;
        const isSettled =
          broken === 0 || measured.length === most || Math.max(broken, measured.length - broken) * 2 > most;
        const majority = broken * 2 > measured.length ? 'broken' : 'kept';
        const expected = measured.length > 0 && isSettled ? majority : 'not-judged';
        assert.equal(outcome, expected);
      }),
      { numRuns: 60 },
    );
  });
});

describe('a judgement', () => {
  it("wants requests for a budget of a route's own, and passes over defaults of routes that nobody asked", () => {
    const own = { ...P99, route: 'orders' };
    const { verdicts } = judge([own, { ...own, isOwn: false }, P99], [fast()], MOST_RUNS);
    assert.deepEqual(
      verdicts.map(({ route, outcome, reason }) => [route, outcome, reason]),
      [
        ['orders', 'not-judged', 'no request took this route'],
        ['catalog', 'kept', undefined],
      ],
    );
  });

  it('names route, percentile, budget, each figure, samples and place of what is broken', () => {
    const [line, summary] = outcomeLines(judge([P99, ERRORS], [slow(), slow()], MOST_RUNS));
    assert.equal(
      line,
      'BROKEN  catalog latency p99: budget 20ms; measured 31ms, 31ms; 800 samples; penstock.yaml:4:20',
    );
    assert.equal(summary, 'budgets: 1 kept, 1 broken');
  });
});
