/** Back-tests of limits say what the limits would have done, and suggested ones keep what they promise. */
import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import fc from 'fast-check';
import { stringify } from 'yaml';
import { fileLifetime } from '../../../support/file-lifetime.ts';
import { configOf, type ExchangeParts, ReplayBench } from './a-replay.ts';

const file = fileLifetime();
let bench: ReplayBench;
before(() => {
  bench = new ReplayBench(file);
});

function config(policy: object): string {
  return configOf({
    consumers: { acme: { keys: ['key-of-acme-0123456789'] }, globex: { keys: ['key-of-globex-0123456789'] } },
    routes: [
      {
        name: 'r',
        match: { path: '/*' },
        policies: [{ keyAuth: { header: 'x-key', optional: true } }, policy],
        forward: { upstream: 'a' },
      },
    ],
  });
}

/** Arrivals of a few clients, in bursts and with pauses; never on the moment at which a token comes. */
const traffic = fc
  .array(
    fc.record({
      gap: fc.oneof(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 0, max: 900 })),
      client: fc.integer({ min: 1, max: 3 }),
    }),
    {
      minLength: 1,
      maxLength: 80,
    },
  )
  .map((requests) => {
    let at = 0;
    return requests.map(({ gap, client }, index) => {
      at += gap + 0.013 * (index % 7);
      return { at, client: `10.0.0.${client}` };
    });
  });

/** A bucket of tokens for each client, filled all the time. @returns how many requests of each client found none */
function model(
  requests: readonly { readonly at: number; readonly client: string }[],
  perMs: number,
  burst: number,
): Map<string, number> {
  const buckets = new Map<string, { tokens: number; at: number }>();
  const refused = new Map<string, number>();
  for (const { at, client } of requests) {
    const bucket = buckets.get(client) ?? { tokens: burst, at };
    bucket.tokens = Math.min(burst, bucket.tokens + (at - bucket.at) * perMs);
    bucket.at = at;
    buckets.set(client, bucket);
    // So near to a whole token it is a matter of how numbers are held.
    fc.pre(Math.abs(bucket.tokens - 1) > 1e-4);
    if (bucket.tokens >= 1) bucket.tokens--;
    else refused.set(client, (refused.get(client) ?? 0) + 1);
  }
  return refused;
}

describe('the back-test of a rate limit', () => {
  it('refuses what buckets of tokens would, for each client', async () => {
    const rate = fc.record({ requests: fc.integer({ min: 1, max: 20 }), burst: fc.integer({ min: 1, max: 10 }) });
    await fc.assert(
      fc.asyncProperty(traffic, rate, async (requests, { requests: most, burst }) => {
        const expected = model(requests, most / 1000, burst);
        const now = bench.write('limit.yaml', config({ rateLimit: { limit: `${most}/s`, burst, by: 'ip' } }));
        const { limits, counts } = await bench.report(bench.record(requests), now);
        const [limit] = limits;
        const total = [...expected.values()].reduce((sum, count) => sum + count, 0);
        assert.deepEqual(
          [limit!.asked, limit!.refused, limit!.keysRefused, counts.refused],
          [requests.length, total, expected.size, total],
        );
        for (const { key, refused } of limit!.worst) assert.equal(refused, expected.get(key));
      }),
      { numRuns: 40 },
    );
  });

  it('says whose requests they are and how many came at once at most, and a limit on trial is tried out, too', async () => {
    const requests = [...Array(30).keys()].map(
      (i): ExchangeParts => ({ at: i * 10, consumer: i % 3 === 0 ? 'acme' : 'globex' }),
    );
    for (const dryRun of [false, true]) {
      const now = bench.write('limit.yaml', config({ rateLimit: { limit: '15/min', by: 'consumer', dryRun } }));
      const { limits, changed } = await bench.report(bench.record(requests), now);
      const [{ peaks, worst, share, keys, keysRefused }] = limits as [(typeof limits)[number]];
      assert.deepEqual([share, keys, keysRefused, changed], [5 / 30, 2, 1, dryRun ? 0 : 5]);
      assert.deepEqual(peaks, [{ windowMs: 60_000, requests: 20, key: 'globex' }]);
      assert.deepEqual(worst, [{ key: 'globex', asked: 20, refused: 5 }]);
    }
    const { stdout } = await bench.run(
      '--recording',
      bench.record(requests),
      '-c',
      bench.write('limit.yaml', config({ rateLimit: { limit: '15/min', by: 'consumer' } })),
    );
    assert.match(stdout, /^ {6}refuses 16\.7% \(5 of 30 requests\) of 1 of 2 consumers$/m);
  });
});

describe('the back-test of other limits', () => {
  it('counts a quota by the calendar of the recording', async () => {
    const head = JSON.stringify({ recording: 1, began: '2026-11-20T10:59:59Z' });
    const requests = [0, 100, 200, 1500, 1600, 1700, 1800].map((at) => ({ at, consumer: 'acme' }));
    const now = bench.write('quota.yaml', config({ quota: { limit: 3, per: 'hour' } }));
    const { limits } = await bench.report(bench.record(requests, head), now);
    assert.deepEqual([limits[0]!.policy, limits[0]!.asked, limits[0]!.refused], ['quota', 7, 1]);
  });

  it('holds places of a concurrency limit for as long as the upstream took', async () => {
    const now = bench.write('concurrency.yaml', config({ concurrency: { limit: 2, by: 'ip' } }));
    const requests = [
      { at: 0, upstreamMs: 100 },
      { at: 10, upstreamMs: 20 },
      { at: 20, upstreamMs: 10 },
      { at: 31, upstreamMs: 10 },
      { at: 50, upstreamMs: null },
      { at: 60, upstreamMs: 10 },
    ];
    const { limits, groups, assumptions } = await bench.report(bench.record(requests), now);
    assert.deepEqual([limits[0]!.refused, groups[0]!.examples.map(({ line }) => line)], [1, [4]]);
    assert.deepEqual(limits[0]!.peaks, [{ windowMs: 0, requests: 2, key: '10.0.0.1' }]);
    assert.ok(assumptions.includes('1 forwarded requests have no recorded duration: they hold no place'));
  });

  it('lets requests wait for a place as the config says', async () => {
    const now = bench.write(
      'queue.yaml',
      config({ concurrency: { limit: 1, by: 'route', queue: { size: 1, timeout: '50ms' } } }),
    );
    const requests = [0, 10, 20, 300].map((at) => ({ at, upstreamMs: at === 0 ? 40 : 5 }));
    const { limits, groups } = await bench.report(bench.record(requests), now);
    assert.deepEqual([limits[0]!.refused, groups[0]!.examples.map(({ line }) => line)], [1, [4]]);
  });
});

describe('suggested limits', () => {
  it('refuse nobody of the recording but outliers, as a config of their own', async () => {
    await fc.assert(
      fc.asyncProperty(traffic, async (requests) => {
        const plain = bench.write('plain.yaml', config({ headers: {} }));
        const consumers: Readonly<Record<string, string>> = { '10.0.0.1': 'acme', '10.0.0.2': 'globex' };
        const recording = bench.record(requests.map((one) => ({ ...one, consumer: consumers[one.client] ?? null })));
        const { suggestions } = await bench.report(recording, plain, '--suggest');
        const windows = { s: 1000, min: 60_000, h: 3_600_000 };
        for (const { by, windows: suggested } of suggestions!) {
          const limits = suggested.map(({ requests: most, windowMs }) => {
            const unit = Object.entries(windows).find(([, ms]) => ms === windowMs)![0];
            return { limit: `${most}/${unit}` };
          });
          const tried = bench.write('tried.yaml', config({ rateLimit: { by, windows: limits } }));
          const [limit] = (await bench.report(recording, tried)).limits;
          assert.deepEqual([limit!.asked, limit!.refused], [requests.length, 0]);
        }
      }),
      { numRuns: 20 },
    );
  });

  it('name outliers and leave no room for them', async () => {
    const requests: ExchangeParts[] = [];
    for (let i = 0; i < 40; i++) {
      for (let client = 1; client <= 25; client++) requests.push({ at: i * 100, client: `10.0.1.${client}` });
      for (let k = 0; k < 40; k++) requests.push({ at: i * 100, client: '10.6.6.6' });
    }
    const { suggestions } = await bench.report(
      bench.record(requests),
      bench.write('plain.yaml', config({ headers: {} })),
      '--suggest',
    );
    const byClient = suggestions!.find(({ by }) => by === 'ip')!;
    assert.equal(byClient.isRecommended, true);
    assert.deepEqual(byClient.outliers, [{ key: '10.6.6.6', peak: 400, windowMs: 1000 }]);
    assert.deepEqual(byClient.windows, [{ requests: 13, windowMs: 1000 }]);
    assert.equal(byClient.evidence[0]!.max, 10);
  });

  it('are YAML that a config can take as it is', async () => {
    const requests = [...Array(20).keys()].map((i) => ({ at: i * 5000, consumer: i % 2 === 0 ? 'acme' : 'globex' }));
    const { stdout, status } = await bench.run(
      '--recording',
      bench.record(requests),
      '-c',
      bench.write('plain.yaml', config({ headers: {} })),
      '--suggest',
    );
    assert.equal(status, 0);
    const yaml = stdout.slice(stdout.indexOf('# Limits suggested'));
    assert.match(
      yaml,
      /^ {2}limits-r:\n {4}- rateLimit: \{ by: consumer, windows: \[\{ limit: 2\/s \}, \{ limit: 8\/min \}\] \}$/m,
    );
    const rest = {
      ...JSON.parse(configOf({})),
      routes: [{ name: 'r', match: { path: '/*' }, policies: ['limits-r'], forward: { upstream: 'a' } }],
    };
    const { limits } = await bench.report(
      bench.record(requests),
      bench.write('pasted.yaml', `${stringify(rest)}${yaml}`),
    );
    assert.deepEqual([limits[0]!.asked, limits[0]!.refused], [20, 0]);
  });
});
