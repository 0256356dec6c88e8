import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { XMLValidator } from 'fast-xml-parser';
import { build, decodeFromCompressedBase64 } from 'hdr-histogram-js';
import { markdownReport } from '../../bench/report/markdown.ts';
import { outcomeSentences } from '../../bench/report/outcome.ts';
import { htmlReport } from '../../bench/report/page.ts';
import { writeReport } from '../../bench/report/write-report.ts';
import type { BenchResult, RunResult, Verdict } from '../../bench/run/run-result.ts';
import { BROKEN_VERDICT, benchResult, KEPT_VERDICTS } from '../support/bench-result.ts';
import { tempDir } from '../support/temp-dir.ts';

const SMALL = { seconds: 3, perSecond: 40, routes: ['a', 'b'] };

/** Milliseconds with two digits, computed from the encoded histograms as any reader of results.json would. */
function milliseconds(encoded: readonly string[], percentile: number): string {
  const sum = build({ autoResize: true, numberOfSignificantValueDigits: 3 });
  for (const text of encoded) sum.add(decodeFromCompressedBase64(text, 32, false));
  return (sum.getValueAtPercentile(percentile) / 1_000).toFixed(2);
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted.length % 2 === 1
    ? sorted[sorted.length >> 1]
    : (sorted[sorted.length / 2 - 1] + sorted[sorted.length / 2]) / 2;
}

/** Rows of all tables as lists of their texts. */
function rowsOfMarkdown(text: string): string[][] {
  const lines = text.split('\n').filter((line) => line.startsWith('|'));
  return lines.map((line) =>
    line
      .slice(2, -2)
      .split(' | ')
      .map((cell) => cell.replaceAll('**', '')),
  );
}

function rowsOfHtml(text: string): string[][] {
  return [...text.matchAll(/<tr[^>]*>(.*?)<\/tr>/gs)].map(([, row]) =>
    [...row.matchAll(/<t[dh][^>]*>(.*?)<\/t[dh]>/gs)].map(([, cell]) => cell),
  );
}

/** What a report must show of one contender, from the raw values. */
function expectedRows(name: string, runs: readonly RunResult[]): string[][] {
  const labels = Object.keys(runs[0].load.byLabel);
  const latencies = (label: string) => runs.map(({ load }) => load.byLabel[label].latency);
  const routes = labels.map((label) => [
    label,
    runs.reduce((sum, { load }) => sum + load.byLabel[label].sent, 0).toLocaleString('en-US'),
    ...[50, 90, 99, 99.9, 100].map((percentile) => milliseconds(latencies(label), percentile)),
    milliseconds(
      runs.map(({ gateway }) => gateway.overhead![label]),
      99,
    ),
  ]);
  const p99s = runs.map(({ load }) => Number(milliseconds([load.total.latency], 99)));
  const cpus = runs.map(({ gateway }) => gateway.cpuMicrosPerRequest);
  const ok = runs.reduce((sum, { load }) => sum + load.total.byStatus['200'], 0);
  return [
    ...routes,
    [name, median(cpus).toFixed(1), median(p99s).toFixed(2)],
    [name, 'status', '200', ok.toLocaleString('en-US')],
  ];
}

/** Every wanted text stands in one row, in that order; a cell may go on after a blank (with a range, or a share). */
function assertHolds(rows: readonly string[][], wanted: readonly string[]): void {
  const holds = (row: readonly string[]): boolean => {
    let at = 0;
    for (const cell of row) if (at < wanted.length && (cell === wanted[at] || cell.startsWith(`${wanted[at]} `))) at++;
    return at === wanted.length;
  };
  assert.ok(rows.some(holds), `no row holds ${wanted.join(', ')}`);
}

describe('a report of the bench', () => {
  it('shows in both pages the figures of the raw histograms in results.json, of the runs that count', (t) => {
    const folder = tempDir(t);
    const contenders = ['main', 'working-tree'];
    writeReport(
      folder,
      benchResult('against', { ...SMALL, contenders, rounds: 4, starvedRound: 2, verdicts: KEPT_VERDICTS }),
    );
    const file = (name: string): string => readFileSync(join(folder, name), 'utf8');
    const result = JSON.parse(file('results.json')) as BenchResult;
    for (const rows of [rowsOfMarkdown(file('report.md')), rowsOfHtml(file('report.html'))]) {
      for (const { name, runs } of result.contenders) {
        const counted = runs.filter(({ round }) => round !== 2);
        for (const wanted of expectedRows(name, counted)) assertHolds(rows, wanted);
        assertHolds(rows, [name, 'no: more than 1% of the requests left over 10 ms late', '2']);
      }
      assert.equal(rows.filter(([first]) => first === '✓ kept').length, KEPT_VERDICTS.length);
    }
  });

  it('says first what came of it: which route broke which budget, by how much', () => {
    const result = benchResult('default', { ...SMALL, verdicts: [...KEPT_VERDICTS, BROKEN_VERDICT] });
    const sentence = 'Route search is too slow. 99 of 100 answers may take 20 ms at most (p99); it was 31.2 ms.';
    assert.ok(htmlReport(result, null).includes(`<p class="verdict">${sentence}</p>`));
    assert.ok(markdownReport(result).includes(`**✗ broken.** ${sentence}`));
    assertHolds(rowsOfHtml(htmlReport(result, null)), [
      '✗ broken',
      'search',
      'p99 of latency',
      '20 ms',
      '31.2 ms',
      '4,211',
    ]);
  });

  it('says it of every kind of budget, in words', () => {
    const sentenceOf = (verdict: Partial<Verdict>): string => {
      const result = benchResult('default', { ...SMALL, verdicts: [{ ...BROKEN_VERDICT, ...verdict }] });
      return outcomeSentences(result, [])[0];
    };
    assert.equal(
      sentenceOf({ figure: 'p999', route: '-' }),
      'The whole is too slow. 999 of 1,000 answers may take 20 ms at most (p999); it was 31.2 ms.',
    );
    assert.equal(
      sentenceOf({ of: 'overhead', figure: 'p50', budget: 1_500, measured: [2_250] }),
      'The gateway itself is too slow on route search. Half of the requests may stay with it for 1.50 ms at most (p50 of overhead); it was 2.25 ms.',
    );
    assert.equal(
      sentenceOf({ of: 'errors', figure: 'share', budget: 0.001, measured: [0.02, 0.000004, 0.03] }),
      'Route search fails too often. 0.10% of the requests may fail; 2.00% did.',
    );
    assert.equal(
      sentenceOf({ of: 'ratio', route: '-', figure: 'cpu per request', budget: 1.1, measured: [1.2, 1.4] }),
      'The whole is worse than its baseline: cpu per request may be 1.10× of it at most, and was 1.30×.',
    );
  });

  it('shows the routes with the most requests and the broken budgets when there are too many to show, and counts the rest', () => {
    const routes = Array.from({ length: 63 }, (_, index) => `route-${index}`);
    const kept = routes.flatMap((route) => [99, 50].map((p) => ({ ...KEPT_VERDICTS[0], route, figure: `p${p}` })));
    const result = benchResult('many', { routes, seconds: 1, perSecond: 2_000, verdicts: [...kept, BROKEN_VERDICT] });
    for (const text of [markdownReport(result), htmlReport(result, null)]) {
      assert.match(text, / 3 further routes, with fewer requests, are in results\.json\./);
      assert.match(text, / 7 further budgets are in results\.json\./);
      assert.match(text, /✗ broken/);
    }
    const rows = rowsOfMarkdown(markdownReport(result));
    const from = rows.findIndex(([first]) => first === 'Route');
    const samples = rows.slice(from + 2, from + 62).map(([, number]) => Number(number.replace(',', '')));
    assert.deepEqual(
      samples,
      samples.toSorted((a, b) => b - a),
    );
    assert.equal(rows[from + 62][0], 'all');
  });

  it('tells a run that could not be judged from one that kept its budgets', () => {
    const { judgement, ...rest } = benchResult('default', { ...SMALL, starvedRound: 1, verdicts: KEPT_VERDICTS });
    const result: BenchResult = { ...rest, judgement: { ...judgement, outcome: 'not-judged' } };
    assert.match(htmlReport(result, null), /class="outcome unsure"/);
    assert.match(markdownReport(result), /\*\*\? not judged\.\*\* Not judged: /);
    assert.match(markdownReport(result), /The generator was starved in every run, so that none counts/);
    assertHolds(rowsOfMarkdown(markdownReport(result)), ['penstock', 'no: more than 1%']);
  });

  it('shows of a closed loop its capacity, and nothing of its latency', () => {
    const result = benchResult('capacity', { ...SMALL, paces: [{ kind: 'closed' }] });
    const rows = rowsOfMarkdown(markdownReport(result));
    const [titles, , figures] = rows;
    assert.equal(figures[titles.indexOf('p99, ms')], '–');
    assert.equal(figures[titles.indexOf('answers/s')], '40');
    assert.ok(!markdownReport(result).includes('## By route'));
    assert.ok(!htmlReport(result, null).includes('<h2>Latency by percentile</h2>'));
  });

  it('needs nothing but its file, with or without script', () => {
    const page = htmlReport(
      benchResult('default', { ...SMALL, contenders: ['a', 'b', 'c'], verdicts: KEPT_VERDICTS }),
      null,
    );
    assert.doesNotMatch(page, /<(script|link|img|iframe|object)|@import|url\(|https?:|\s(src|href)=/);
  });

  it('draws what is well-formed and finite, whatever was measured', () => {
    const wanted = fc.record({
      seconds: fc.integer({ min: 0, max: 4 }),
      perSecond: fc.integer({ min: 0, max: 30 }),
      rounds: fc.integer({ min: 0, max: 2 }),
      contenders: fc.subarray(['nginx', 'penstock', 'c', 'd']),
      routes: fc.constantFrom(['a'], ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']),
    });
    fc.assert(
      fc.property(wanted, (some) => {
        const page = htmlReport(benchResult('any', some), null);
        assert.doesNotMatch(page, /NaN|Infinity|undefined|\[object/);
        for (const [drawing] of page.matchAll(/<svg.*?<\/svg>/gs)) assert.equal(XMLValidator.validate(drawing), true);
        assert.doesNotMatch(markdownReport(benchResult('any', some)), /NaN|Infinity|undefined|\[object/);
      }),
      { numRuns: 40 },
    );
  });

  it('takes names for nothing but text', () => {
    const page = (name: string): string => {
      const { contenders, ...rest } = benchResult(name, {
        ...SMALL,
        rounds: 1,
        perSecond: 5,
        routes: [name],
        contenders: [name],
      });
      return htmlReport({ ...rest, contenders, purpose: name, notes: [name] }, null);
    };
    const skeleton = (text: string): string => text.replace(/"[^"]*"/g, '""').replace(/>[^<]*/g, '>');
    const plain = skeleton(page('plain'));
    const hostile = fc.oneof(
      fc.string(),
      fc.constantFrom('<script>alert(1)</script>', '"><img src=x onerror=a>', `'--><!--]]>`),
    );
    fc.assert(
      fc.property(
        hostile.filter((name) => name !== '__proto__'),
        (name) => assert.equal(skeleton(page(name)), plain),
      ),
      { numRuns: 30 },
    );
  });

  it('keeps a table of Markdown whole, whatever a route is called', () => {
    const names = ['<script>alert(1)</script>', 'a | b', '`code`', '*bold* \\| [x](y)', 'two\nlines'];
    const rows = markdownReport(benchResult('default', { ...SMALL, routes: names }))
      .split('\n')
      .filter((line) => line.startsWith('|'));
    for (const row of rows) assert.doesNotMatch(row, /<script|(?<!\\)`/);
    const byRoute = rows.slice(rows.findIndex((row) => row.startsWith('| Route | samples')));
    for (const row of byRoute.slice(0, names.length + 3)) assert.equal(row.match(/(?<!\\)\|/g)!.length, 10);
  });
});
