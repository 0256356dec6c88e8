import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { bench } from '../../bench/main.ts';
import { type BenchOptions, readBenchOptions } from '../../bench/options.ts';
import { tempDir } from '../support/temp-dir.ts';

/** The options, or the exit code with what was printed. */
function read(...args: string[]): { options: BenchOptions | number; printed: string } {
  let printed = '';
  const print = (text: string): void => void (printed += text);
  return { options: readBenchOptions(args, { out: print, error: print }), printed };
}

function options(...args: string[]): BenchOptions {
  const { options: found, printed } = read(...args);
  assert.ok(typeof found !== 'number', printed);
  return found;
}

describe('the options of the bench', () => {
  it('say what is replayed and how it is sent', () => {
    const found = options(
      '--rate',
      '6000/min',
      '--duration',
      '1.5s',
      '--warm-up',
      '0',
      '--connections',
      '7',
      '--runs',
      '2',
    );
    assert.deepEqual(found.load, {
      pace: { kind: 'rate', perSecond: 100 },
      measureMs: 1_500,
      warmUpMs: 0,
      connections: 7,
    });
    assert.deepEqual([found.runs, found.isWhole, found.out], [2, false, 'perf-reports']);
    assert.deepEqual(options('--recorded', '--speed', '10').load, { pace: { kind: 'recorded', speed: 10 } });
    assert.deepEqual(options('--closed', '--duration', 'all').isWhole, true);
    assert.deepEqual(options().load, {});
  });

  it('compare with another build by stated ratios', () => {
    const found = options('--against', 'main', '--most-cpu', '1.05', '--no-report', 'plain-proxy');
    assert.deepEqual([found.against, found.limits.cpu, found.out], ['main', 1.05, null]);
    assert.deepEqual(found.scenarios, ['plain-proxy']);
  });

  for (const [args, said] of [
    ['--rate 300', '--rate is so many in a time'],
    ['--rate 1000000000/s', '--rate is at most 100000/s'],
    ['--rate 0/s', '--rate is so many in a time'],
    ['--rate 1/s --closed', 'expected one of --rate and --closed'],
    ['--speed 2', '--speed is for --recorded'],
    ['--duration 12', '--duration is a time'],
    ['--runs 0', '--runs is a whole number from 1 to 100'],
    ['--most-p99 fast', '--most-p99 is a number above 0'],
    ['--most-answer big', '--most-answer is a size'],
    ['--origin drop', '--origin is keep, or left out'],
    ['--name ../up', '--name is letters'],
    ['nothing-such', 'there is no scenario "nothing-such"'],
    ['plain-proxy --recording x', 'a scenario takes no --recording'],
    ['--bogus', '--bogus'],
  ]) {
    it(`refuse ${args}`, () => {
      const { options: code, printed } = read(...args!.split(' '));
      assert.equal(code, 2);
      assert.ok(printed.split('\n')[0]!.includes(said!), printed);
    });
  }
});

describe('what cannot be measured', () => {
  it('is said in a line, with its place, and exit code 1', async (t) => {
    const folder = tempDir(t);
    const file = (name: string, text: string): string => {
      writeFileSync(join(folder, name), text);
      return join(folder, name);
    };
    const config = file('penstock.yaml', 'version: 1\nlisteners: [{ name: public, address: "127.0.0.1:8080" }]\n');
    const recording = file('traffic.ndjson', '{"recording":1}\n');
    const secrets = file('secrets.json', '{"psn-1": 42}');
    const cases: readonly (readonly [args: string[], said: RegExp])[] = [
      [['-c', file('bad.yaml', 'version: 2\n'), '--recording', recording], /bad\.yaml:1:10: 2 is no version/],
      [['-c', config, '--recording', join(folder, 'none.ndjson')], /none\.ndjson/],
      [['-c', config, '--recording', config], /penstock\.yaml:1: /],
      [['-c', config, '--recording', recording], /no request that can be sent: it is empty/],
      [
        ['-c', config, '--recording', recording, '--secrets', secrets],
        /secrets\.json: expected a JSON object of texts/,
      ],
      [['-c', config, '--recording', recording, '--secrets', join(folder, 'none')], /none: cannot be read \(ENOENT\)/],
    ];
    for (const [args, said] of cases) {
      let printed = '';
      const output = { out: () => {}, error: (text: string) => void (printed += text) };
      assert.equal(await bench([...args, '--no-report'], output), 1, args.join(' '));
      assert.match(printed, said);
    }
  });
});
