/** When a generator of load sends what: an open loop, whatever the answers do. */
import assert from 'node:assert/strict';
import { appendFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { decodeFromCompressedBase64 } from 'hdr-histogram-js';
import { GeneratorWatch } from '../../bench/load/generator-watch.ts';
import { runGenerator } from '../../bench/load/run-generator.ts';
import { type OpenPace, Schedule } from '../../bench/load/schedule.ts';
import { openWorkload, type WorkloadSource } from '../../bench/load/workload-source.ts';
import { type Origin, startOrigin } from '../../bench/origin/run-origin.ts';
import type { Lifetime } from '../support/lifetime.ts';
import { line, plan, workloadFile } from './workload-files.ts';

const STALL_MS = 500;

async function originOf(lifetime: Lifetime): Promise<Origin> {
  const origin = await startOrigin(null);
  lifetime.after(() => origin.kill());
  return origin;
}

/** Requests labelled by their place. */
const workload = (lifetime: Lifetime, offsets: readonly number[]): string =>
  workloadFile(
    lifetime,
    offsets.map((at, index) => line(`/${index}`, { at, label: `${index}` })),
  );

interface Due {
  readonly label: string;
  readonly dueMs: number;
}

/** What a schedule hands out, this many. */
async function dues(source: WorkloadSource, pace: OpenPace, count: number): Promise<Due[]> {
  const schedule = new Schedule(source, pace);
  const found: Due[] = [];
  while (found.length < count) {
    const dueMs = schedule.nextDueMs();
    if (dueMs === null) await new Promise(setImmediate);
    else found.push({ dueMs, label: schedule.take().label });
  }
  await source.close();
  return found;
}

describe('pace of a load', () => {
  it('charges a server that stands still to every request that was due meanwhile, and not the generator', async (t) => {
    const origin = await originOf(t);
    const load = { ...plan(workload(t, [0]), origin.port, 400), pace: { kind: 'rate', perSecond: 200 } as const };
    const stall = (): void => {
      process.kill(origin.pid, 'SIGSTOP');
      setTimeout(() => process.kill(origin.pid, 'SIGCONT'), STALL_MS);
    };
    const { total, generator, timeline } = await runGenerator(
      { ...load, warmUpMs: 200, measureMs: 2_000 },
      {
        onMeasuring: () => setTimeout(stall, 300),
      },
    );
    assert.deepEqual([total.sent, total.answered, generator.due], [400, 400, 400]);
    const latency = decodeFromCompressedBase64(total.latency);
    // A quarter of all was due while it stood still; of these, four in five waited for more than a fifth of that time.
    assert.ok(latency.getValueAtPercentile(82) >= 100_000, `p82 ${latency.getValueAtPercentile(82)} us`);
    assert.ok(latency.getValueAtPercentile(90) >= 250_000, `p90 ${latency.getValueAtPercentile(90)} us`);
    assert.ok(latency.maxValue >= 450_000, `max ${latency.maxValue} us`);
    assert.ok(generator.lateP99 < 250_000, `the generator was late by ${generator.lateP99} us`);
    assert.deepEqual(
      timeline.map(({ sent }) => sent),
      [200, 200],
    );
    assert.ok(Math.max(...timeline.map(({ max }) => max!)) >= 450_000);
  });

  it('sends as recorded, so many times as fast, and from the beginning again, in order', async (t) => {
    const recordings = fc.array(fc.integer({ min: 0, max: 50 }), { minLength: 1, maxLength: 20 }).map((gaps) => {
      let at = 1;
      return gaps.map((gap) => (at += gap));
    });
    const check = async (offsets: number[], speed: number) => {
      const source = await openWorkload(workload(t, offsets));
      const found = await dues(source, { kind: 'recorded', speed }, 3 * offsets.length);
      assert.deepEqual(
        found.map(({ label }) => Number(label)),
        [0, 1, 2].flatMap(() => [...offsets.keys()]),
      );
      const lap = found.slice(0, offsets.length);
      assert.deepEqual(
        lap.map(({ dueMs }) => dueMs),
        offsets.map((at) => at / speed),
      );
      const lapMs = found[offsets.length].dueMs - found[0].dueMs;
      assert.ok(lapMs >= (offsets.at(-1)! - offsets[0]) / speed);
      found.slice(offsets.length).forEach(({ dueMs }, index) => {
        assert.ok(Math.abs(dueMs - found[index].dueMs - lapMs) < 1e-6 * dueMs);
      });
    };
    const speeds = fc.constantFrom(0.5, 1, 4, 100);
    await fc.assert(fc.asyncProperty(recordings, speeds, check), { numRuns: 30 });
  });

  it('reads a workload that is larger than its window as one that is not', async (t) => {
    const check = async (offsets: number[], windowBytes: number) => {
      const file = workload(
        t,
        offsets.toSorted((a, b) => a - b),
      );
      appendFileSync(file, JSON.stringify(line('/last', { at: 1_000, label: 'last, without a line end' })));
      const pace = { kind: 'rate', perSecond: 1_000 } as const;
      const count = 3 * (offsets.length + 1);
      const streamed = await dues(await openWorkload(file, windowBytes), pace, count);
      assert.deepEqual(streamed, await dues(await openWorkload(file), pace, count));
      assert.ok(streamed.every(({ dueMs }, index) => dueMs === index));
    };
    const offsets = fc.array(fc.integer({ min: 0, max: 1_000 }), { minLength: 1, maxLength: 50 });
    await fc.assert(fc.asyncProperty(offsets, fc.integer({ min: 200, max: 2_000 }), check), { numRuns: 30 });
  });

  it('names the line of a workload that is none', async (t) => {
    const open = (text: string): Promise<unknown> => {
      const file = workloadFile(t, [line('/', { at: 5 })]);
      appendFileSync(file, text);
      return openWorkload(file);
    };
    await assert.rejects(open('{'), /workload\.ndjson:2: the line is no JSON/);
    await assert.rejects(open('{"at":1}'), /:2: the line is no request of a workload/);
    await assert.rejects(open(JSON.stringify(line('/'))), /:2: the line is due before the line before it/);
    await assert.rejects(openWorkload(workloadFile(t, [])), /empty/);
    const long = await openWorkload(workloadFile(t, [line(`/${'a'.repeat(500)}`)]), 300);
    assert.throws(() => long.next(), /:1: the line is longer than 300 bytes/);
    await long.close();
  });

  it('fails with what the generator printed, and ends it when told to', async (t) => {
    await assert.rejects(runGenerator(plan('/nowhere', 1, 10)), /generator ended without a result \(1\): .*ENOENT/);
    const origin = await originOf(t);
    const abort = new AbortController();
    const endless = plan(workload(t, [0]), origin.port, 1_000_000, { warmUpMs: 0 });
    const ended = runGenerator(endless, { signal: abort.signal, onMeasuring: () => abort.abort(new Error('enough')) });
    await assert.rejects(ended, /enough/);
  });
});

describe('a starved generator', () => {
  const watch = (act: (watch: GeneratorWatch) => void, kind: 'rate' | 'closed' = 'rate'): string | null => {
    const watched = new GeneratorWatch();
    watched.begin(0);
    act(watched);
    watched.end();
    return watched.report(kind === 'rate' ? { kind, perSecond: 1 } : { kind }, 1_000).starved;
  };
  const sendAll = (watched: GeneratorWatch, lateMs: (index: number) => number): void => {
    for (let i = 0; i < 1_000; i++) {
      watched.due();
      watched.left(lateMs(i));
      watched.tick(i);
    }
  };

  it('is one that sends late by itself, stands still, leaves requests out, or lacks ports', () => {
    assert.equal(
      watch((watched) => sendAll(watched, () => 1)),
      null,
    );
    assert.equal(
      watch((watched) => sendAll(watched, (index) => (index < 5 ? 50 : 1))),
      null,
    );
    assert.match(watch((watched) => sendAll(watched, (index) => (index < 15 ? 50 : 1)))!, /50\.\d ms late/);
    assert.match(watch((watched) => watched.tick(150))!, /stood still for 150 ms/);
    const slow = watch((watched) => {
      for (let now = 0; now <= 1_000; now += 20) watched.tick(now);
    });
    assert.match(slow!, /For 75\.0% of the time/);
    const leftOut = watch((watched) => {
      sendAll(watched, () => 1);
      watched.missed(50);
    });
    assert.match(leftOut!, /Of 1050 requests that were due, 1000 were sent/);
    assert.match(watch((watched) => watched.lacks('EMFILE'))!, /EMFILE/);
  });

  it('is none where requests wait for the server', () => {
    const waiting = watch((watched) => {
      for (let i = 0; i < 1_000; i++) watched.due();
    });
    assert.equal(waiting, null);
  });
});
