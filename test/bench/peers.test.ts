import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Sample } from '../../bench/peers/measure.ts';
import { offerRate } from '../../bench/peers/offered-rate.ts';
import { parseOptions } from '../../bench/peers/options.ts';
import { PEERS } from '../../bench/peers/registry.ts';
import { type Results, ratioTable, valueTable } from '../../bench/peers/report.ts';
import { treeCpuMs } from '../../bench/processes.ts';
import { spread } from '../../bench/statistics.ts';

function sample(peer: string, round: number, cpu: number): Sample {
  const loop = {
    requestsPerSecond: 1e6 / cpu,
    cpuMicrosPerRequest: cpu,
    coreBusy: 1,
    disturbance: 0,
    failures: 0,
    attempts: 1,
  };
  const latency = { p50: 100, p90: 200, p99: cpu * 10, p999: 400 };
  return {
    peer,
    round,
    get: loop,
    post: loop,
    fixedRate: { answered: 1, failures: 0, offeredRate: 1, latency, generatorLateP99: 1 },
  };
}

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

  it('ranks by CPU per request and compares medians with those of nginx', () => {
    const samples = [
      sample('nginx', 1, 10),
      sample('penstock', 1, 11),
      sample('penstock', 2, 13),
      sample('nginx', 2, 14),
    ];
    const results = { samples, versions: { nginx: '1', penstock: '2' } } as unknown as Results;
    assert.match(valueTable(results), /\| nginx 1 \| 12\.0 \(10\.0-14\.0\) .*\n\| penstock 2 \| 12\.0 \(11\.0-13\.0\)/);
    assert.match(ratioTable(results)!, /\| penstock \| 1\.00 \| 1\.00 /);
    assert.equal(ratioTable({ ...results, samples: samples.slice(1, 3) }), null);
  });

  it('refuses a command line that makes no sense', () => {
    assert.deepEqual(parseOptions(['--peers', 'nginx,penstock', '--rounds', '2'])?.peers, ['nginx', 'penstock']);
    assert.equal(parseOptions(['--help']), null);
    for (const args of [['--rounds', 'x'], ['--seconds', '0'], ['--peers', 'apache'], ['--unknown']])
      assert.throws(() => parseOptions(args), Error);
  });

  it('gives every gateway a configuration with its ports', () => {
    for (const peer of PEERS) {
      const { files } = peer.launch('/folder', { gateway: 50_001, admin: 50_002, origin: 50_003 });
      const text = Object.values(files).join('\n');
      assert.ok(text.includes('50001') && text.includes('50003'), peer.name);
    }
  });

  it('counts the CPU time that this process uses', () => {
    const before = treeCpuMs(process.pid);
    const until = process.cpuUsage().user + 100_000;
    while (process.cpuUsage().user < until);
    const used = treeCpuMs(process.pid) - before;
    assert.ok(used >= 80 && used < 1_000, `${used} ms`);
  });

  it('charges a stall to every request that came due meanwhile', async (t) => {
    const start = performance.now();
    // Answers at once, but for a pause of 300 ms in which every answer is held back to its end.
    const server = createServer((_request, response) => {
      const now = performance.now() - start;
      const held = now > 700 && now < 1_000 ? 1_000 - now : 0;
      setTimeout(() => response.end('ok'), held);
    });
    t.after(() => server.close());
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const { failures, latency } = await offerRate(port, 500, 1.25, 4);
    assert.equal(failures, 0);
    // Four connections saw it, but 150 requests came due: a third of all, waiting 150 ms on average.
    assert.ok(latency.p50 < 100_000 && latency.p90 > 120_000, JSON.stringify(latency));
  });
});
