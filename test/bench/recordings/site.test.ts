/** The shipped recording has traffic for every route of the shipped config, and is what its README says. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { DecisionTrace } from '../../../src/cli/dry-gateway/decision-trace.ts';
import type { DryGateway } from '../../../src/cli/dry-gateway/dry-gateway.ts';
import { openGateway } from '../../../src/cli/dry-gateway/open-gateway.ts';
import { readRecording } from '../../../src/recording/read-recording.ts';
import type { RecordedExchange } from '../../../src/recording/recorded-exchange.ts';
import { repositoryRoot } from '../../support/repository-root.ts';

const PATH = join(repositoryRoot, 'bench/recordings/site.ndjson.gz');
const README = readFileSync(join(repositoryRoot, 'bench/recordings/README.md'), 'utf8');

const exchanges: RecordedExchange[] = [];
const recording = await readRecording(PATH);
for await (const exchange of recording) exchanges.push(exchange);

const countBy = (name: (exchange: RecordedExchange) => string): Map<string, number> => {
  const counts = new Map<string, number>();
  for (const exchange of exchanges) counts.set(name(exchange), (counts.get(name(exchange)) ?? 0) + 1);
  return counts;
};

describe('bench/recordings/site.ndjson.gz', () => {
  it('is small, whole, and the one that its README describes', () => {
    assert.ok(statSync(PATH).size < 300 * 1024);
    assert.deepEqual([exchanges.length, recording.badLines], [10_000, 0]);
    assert.equal(recording.head.licence, 'Apache-2.0');
    const digest = createHash('sha256')
      .update(gunzipSync(readFileSync(PATH)))
      .digest('hex');
    assert.ok(README.includes(digest));
    for (const [status, count] of countBy(({ status }) => `${status}`)) {
      assert.ok(README.includes(`${status} (${count.toLocaleString('en-US')})`), status);
    }
  });

  it('has made upstream times of at most 12 ms', () => {
    const times = exchanges.map(({ upstreamMs }) => upstreamMs ?? Number.NaN).sort((one, other) => one - other);
    assert.ok(times[0]! > 0 && times.at(-1)! <= 12);
    assert.ok(Math.abs(times[5000]! - 4) < 0.1);
  });

  it('exercises every route of config/penstock.yaml', async () => {
    const { opened } = openGateway(join(repositoryRoot, 'config/penstock.yaml'), {}, 0);
    assert.ok(opened !== null);
    const taken = new Map<string, number>();
    for (const exchange of sample()) {
      const route = await routeOf(opened.gateway, exchange);
      taken.set(route, (taken.get(route) ?? 0) + 1);
    }
    for (const name of ['catalog', 'user', 'user-v2', 'fallback']) assert.ok((taken.get(name) ?? 0) > 50, name);
  });
});

/** Every eighth, which is enough to see that each route has a share. */
const sample = (): RecordedExchange[] => exchanges.filter((_, index) => index % 8 === 0);

async function routeOf(gateway: DryGateway, { method, path, host, headers }: RecordedExchange): Promise<string> {
  const request = {
    method,
    url: `http://${host}${path}`,
    headers,
    client: null,
    body: Buffer.alloc(0),
    listener: null,
  };
  const { route } = await gateway.decide(request, new DecisionTrace());
  return route?.name ?? '-';
}
