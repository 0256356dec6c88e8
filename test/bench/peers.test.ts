import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { parseOptions } from '../../bench/peers/options.ts';
import { ratioTable } from '../../bench/peers/peers-report.ts';
import { summarise } from '../../bench/peers/summary.ts';
import { treeCpuMs } from '../../bench/processes.ts';
import { spread } from '../../bench/statistics.ts';
import { benchResult } from '../support/bench-result.ts';

describe('comparison with other gateways', () => {
  it('gives a median that lies between the least and the greatest, with half of the values on either side', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 1e6, noNaN: true }), { minLength: 1 }), (values) => {
        const { median, min, max } = spread(values);
        assert.ok(min === Math.min(...values) && max === Math.max(...values) && min <= median && median <= max);
        assert.ok(values.filter((value) => value < median).length <= values.length / 2);
        assert.ok(values.filter((value) => value > median).length <= values.length / 2);
      }),
    );
  });

  it('compares each round of a gateway with the same round of Penstock', () => {
    const result = benchResult('plain', { contenders: ['penstock', 'nginx'], rounds: 3, perSecond: 20, seconds: 2 });
    const scenario = summarise(result, { caddy: 'It cannot.' });
    const [own, nginx] = scenario.gateways;
    assert.deepEqual(own!.cpuMicros.ratios, [1, 1, 1]);
    const [penstockRuns, nginxRuns] = result.contenders.map(({ runs }) => runs);
    const expected = nginxRuns!.map(
      ({ gateway }, at) => gateway.cpuMicrosPerRequest / penstockRuns![at]!.gateway.cpuMicrosPerRequest,
    );
    assert.deepEqual(nginx!.cpuMicros.ratios, expected);
    const summary = { format: 'peers-1', date: '', machine: result.machine, scenarios: [scenario], notInstalled: [] };
    const { rows } = ratioTable({ ...summary, format: 'peers-1' }, ({ cpuMicros }) => cpuMicros);
    const { median, min, max } = spread(expected);
    assert.equal(rows[0]![2]!.text, `${median.toFixed(2)}× (${min.toFixed(2)}–${max.toFixed(2)})`);
  });

  it('takes CPU time from the closed loop where there is one, and latency never', () => {
    const paces = [{ kind: 'rate', perSecond: 20 }, { kind: 'closed' }] as const;
    const result = benchResult('plain', { contenders: ['penstock', 'nginx'], rounds: 1, perSecond: 20, paces });
    const [own] = summarise(result, {}).gateways;
    const [open, closed] = result.contenders[0]!.runs;
    assert.equal(own!.inClosedLoop, true);
    assert.deepEqual(own!.cpuMicros.values, [closed!.gateway.cpuMicrosPerRequest]);
    assert.equal(own!.sent, open!.load.total.sent);
  });

  it('refuses a command line that makes no sense', () => {
    const options = parseOptions(['--peers', 'haproxy,nginx', '--rounds', '2', 'tls', 'plain-proxy'])!;
    assert.deepEqual(
      [options.peers, options.scenarios, options.rounds],
      [['nginx', 'haproxy'], ['plain-proxy', 'tls'], 2],
    );
    assert.equal(parseOptions(['--help']), null);
    const wrong = [['--rounds', 'x'], ['--seconds', '0'], ['--peers', 'apache'], ['--unknown'], ['reload-under-load']];
    for (const args of wrong) assert.throws(() => parseOptions(args), Error);
  });

  it('counts the CPU time that this process uses', () => {
    const before = treeCpuMs(process.pid);
    const until = process.cpuUsage().user + 100_000;
    while (process.cpuUsage().user < until);
    const used = treeCpuMs(process.pid) - before;
    assert.ok(used >= 80 && used < 1_000, `${used} ms`);
  });
});
