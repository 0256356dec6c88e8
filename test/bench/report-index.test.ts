import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { XMLValidator } from 'fast-xml-parser';
import { DEFAULT_RUN, writeIndex } from '../../bench/report/write-index.ts';
import { writeReport } from '../../bench/report/write-report.ts';
import { benchResult, KEPT_VERDICTS } from '../support/bench-result.ts';
import { tempDir } from '../support/temp-dir.ts';

const SMALL = { seconds: 2, perSecond: 30, routes: ['a'] };

function place(t: TestContext): { folder: string; index: () => string } {
  const folder = tempDir(t);
  const index = (): string => {
    writeIndex(folder);
    return readFileSync(join(folder, 'README.md'), 'utf8');
  };
  return { folder, index };
}

function addDefaultRun(folder: string, day: string): void {
  const result = benchResult(DEFAULT_RUN, { ...SMALL, verdicts: KEPT_VERDICTS });
  writeReport(join(folder, `${day}-${DEFAULT_RUN}`), { ...result, date: `${day}T08:00:00.000Z` });
}

describe('the index of reports', () => {
  it('lists the newest first, with the figures of penstock, and draws the trend of the default run', (t) => {
    const { folder, index } = place(t);
    for (const day of ['2026-11-03', '2026-11-05', '2026-11-04']) addDefaultRun(folder, day);
    const peers = benchResult('peers', { ...SMALL, contenders: ['nginx', 'penstock', 'envoy'] });
    writeReport(join(folder, '2026-11-04-peers'), { ...peers, date: '2026-11-04T09:00:00.000Z' });
    const text = index();
    const rows = text.split('\n').filter((line) => line.startsWith('| 2026'));
    assert.deepEqual(
      rows.map((row) => row.split(' ').slice(1, 4).join(' ')),
      [
        '2026-11-05 | [site](2026-11-05-site/report.md)',
        '2026-11-04 | [peers](2026-11-04-peers/report.md)',
        '2026-11-04 | [site](2026-11-04-site/report.md)',
        '2026-11-03 | [site](2026-11-03-site/report.md)',
      ],
    );
    const penstock = peers.contenders[1].runs[0].gateway.cpuMicrosPerRequest.toFixed(1);
    assert.ok(rows[1].includes(`| – no budgets | ${penstock} |`) && rows[0].includes('| ✓ kept |'));
    assert.ok(text.includes('](trend.svg)'));
    const trend = readFileSync(join(folder, 'trend.svg'), 'utf8');
    assert.equal(XMLValidator.validate(trend), true);
    assert.equal(trend.match(/<circle/g)!.length, 6, 'two figures of three runs');
    assert.ok(trend.indexOf('2026-11-03') < trend.indexOf('2026-11-05'));
    assert.equal(index(), text, 'made again from the same reports it is the same');
  });

  it('lists reports of older forms by their titles, and passes over what is no report', (t) => {
    const { folder, index } = place(t);
    const old = join(folder, '2026-10-01-chain');
    for (const each of [old, join(folder, '2026-10-02-empty'), join(folder, 'notes')]) mkdirSync(each);
    writeFileSync(join(old, 'report.md'), '# What the chain | costs, 2026-10-01\n\ntext\n');
    writeFileSync(join(old, 'results.json'), '{"date":"2026-10-01","samples":[]}');
    const rows = (): string[] =>
      index()
        .split('\n')
        .filter((line) => line.startsWith('| 2026'));
    assert.deepEqual(rows(), [
      '| 2026-10-01 | [What the chain \\| costs](2026-10-01-chain/report.md) |  |  |  |  |  |  |',
    ]);
    writeFileSync(join(old, 'results.json'), '{"cut off');
    assert.equal(rows().length, 1);
    assert.ok(!existsSync(join(folder, 'trend.svg')) && !index().includes('trend.svg'));
  });

  it('gives up a trend of which no run is left', (t) => {
    const { folder, index } = place(t);
    writeFileSync(join(folder, 'trend.svg'), '<svg/>');
    assert.ok(!index().includes('trend.svg') && !existsSync(join(folder, 'trend.svg')));
  });
});
