/** The bench on a real gateway: what it must find. Whether this machine has time to spare is not asked, so that noise fails nothing. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { decodeFromCompressedBase64 } from 'hdr-histogram-js';
import { judge } from '../../bench/judge/judge.ts';
import type { Experiment } from '../../bench/run/experiment.ts';
import { measure } from '../../bench/run/measure.ts';
import { prepareRecording } from '../../bench/run/run-recording.ts';
import type { RunResult } from '../../bench/run/run-result.ts';
import type { RecordedExchange } from '../../src/recording/recorded-exchange.ts';
import { repositoryRoot } from '../support/repository-root.ts';
import { tempDir } from '../support/temp-dir.ts';

const EXCHANGES = 800;
const PER_SECOND = 400;

/** Every other request is for each route; some have bodies, some were answered with errors. */
function recording(): string {
  const head = { recording: 1, began: null, source: 'a test', licence: null };
  const exchanges = Array.from({ length: EXCHANGES }, (_, n): Partial<RecordedExchange> => {
    const about = { at: n * 2, host: 'shop.example.com', headers: [['accept', '*/*']] as const, upstreamMs: 1 };
    if (n % 2 === 0) return { ...about, method: 'GET', path: `/catalog/${n}`, status: 200, responseBytes: 100 };
    const body = { bytes: 300, sha256: null };
    const status = n % 100 === 1 ? 404 : 201;
    return { ...about, method: 'POST', path: '/orders', status, body, responseBytes: 20 };
  });
  return [head, ...exchanges].map((line) => `${JSON.stringify(line)}\n`).join('');
}

const config = (fault: string): string => `
version: 1
listeners: [{ name: public, address: "127.0.0.1:8080" }]
budget: { p99: 1s, errors: 0%, overhead: { p50: 1s } }
upstreams:
  shop: { endpoints: ["http://127.0.0.1:9001"] }
routes:
  - { name: catalog, match: { path: /catalog/* }, ${fault} forward: { upstream: shop } }
  - { name: orders, match: { path: /orders, methods: [POST] }, forward: { upstream: shop } }
`;

async function anExperiment(t: TestContext, fault = ''): Promise<Experiment> {
  const folder = tempDir(t);
  const files = { config: join(folder, 'penstock.yaml'), recording: join(folder, 'traffic.ndjson') };
  writeFileSync(files.config, config(fault));
  writeFileSync(files.recording, recording());
  const choice = { pace: { kind: 'rate', perSecond: PER_SECOND } } as const;
  const run = {
    ...files,
    secrets: null,
    keepsOrigins: false,
    acceptors: 1,
    mostAnswerBytes: 1_000,
    isWhole: true,
    choice,
  };
  return prepareRecording(run, tempDir(t));
}

async function run(experiment: Experiment): Promise<RunResult> {
  const options = { onProgress: () => {}, onNote: () => {}, signal: new AbortController().signal };
  const result = await measure(experiment, { ...options, round: 1, main: join(repositoryRoot, 'dist/src/main.js') });
  const { load } = result;
  return { ...result, load: { ...load, generator: { ...load.generator, starved: null } } };
}

describe('a measured recording', () => {
  it('is sent to its end, every request is accounted for, and a policy that is slow now and then breaks its route alone', async (t) => {
    const fault = 'policies: [{ fault: { delay: { for: 1500ms, percent: 6 } } }],';
    const experiment = await anExperiment(t, fault);
    const result = await run(experiment);
    const { total, byLabel } = result.load;
    assert.equal(total.sent, EXCHANGES);
    assert.equal(total.sent, total.answered + total.failed);
    assert.deepEqual(total.byStatus, { 200: 400, 201: 392, 404: 8 });
    assert.deepEqual([byLabel['catalog']!.sent, byLabel['orders']!.sent], [400, 400]);
    assert.deepEqual(Object.keys(result.gateway.overhead!).sort(), ['catalog', 'orders']);
    assert.ok(result.gateway.cpuMs > 0 && result.gateway.residentBytes > 0);

    const { outcome, verdicts } = judge(experiment.budgets, [result], 1);
    const broken = verdicts.filter((verdict) => verdict.outcome === 'broken');
    assert.equal(outcome, 'broken');
    assert.deepEqual(
      broken.map(({ route, of, figure, samples, place }) => [route, of, figure, samples, /\d+:\d+$/.exec(place!)![0]]),
      [['catalog', 'latency', 'p99', 400, '4:16']],
    );
    assert.equal(verdicts.length, 6);
  });

  it('shows a gateway that stands still as what clients would have waited', async (t) => {
    const experiment = await anExperiment(t);
    const stopped = 500;
    const result = await run({
      ...experiment,
      during: async ({ gatewayPid }) => {
        await delay(500);
        process.kill(-gatewayPid, 'SIGSTOP');
        await delay(stopped);
        process.kill(-gatewayPid, 'SIGCONT');
      },
    });
    const latency = decodeFromCompressedBase64(result.load.total.latency);
    assert.equal(result.load.total.failed, 0);
    assert.ok(latency.maxValue >= (stopped - 50) * 1_000, `max ${latency.maxValue}`);
    // A quarter of the requests came due meanwhile: a closed loop would have counted one for each connection.
    assert.ok(latency.getValueAtPercentile(90) >= 100_000, `p90 ${latency.getValueAtPercentile(90)}`);
  });
});
