/** What telemetry goes to may be absent, slow or silent: requests, memory and the end of the gateway do not depend on it. */
import { strict as assert } from 'node:assert';
import { writeFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { readMetrics, until } from '../support/admin.ts';
import { type Collector, startCollector } from '../support/collector.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';
import { rawClient } from '../support/raw-client.ts';

const configOf = (telemetry: unknown) => ({
  version: 1,
  listeners: [{ name: 'public', address: '127.0.0.1:0' }],
  admin: { address: '127.0.0.1:0' },
  runtime: { acceptors: 1 },
  telemetry,
  routes: [{ name: 'here', match: { path: '/*' }, policies: [{ respond: { status: 200, body: 'here' } }] }],
});

/** Answers a number of requests, one after the other on one connection. */
async function serve(t: Parameters<typeof rawClient>[0], gateway: Gateway, requests: number): Promise<void> {
  const client = await rawClient(t, gateway.portOf('public'));
  for (let i = 0; i < requests; i++) {
    assert.equal((await client.exchange('GET / HTTP/1.1\r\nHost: a\r\n\r\n')).status, 200);
  }
}

/** Where nobody listens: a collector that was there and is gone. */
async function goneUrl(): Promise<string> {
  const cleanUps: (() => unknown)[] = [];
  const { url } = await startCollector({ after: (cleanUp) => void cleanUps.push(cleanUp) });
  for (const cleanUp of cleanUps) await cleanUp();
  return url;
}

const metric = (gateway: Gateway, name: string) => async () => (await readMetrics(gateway)).sum(name);

describe('a collector', () => {
  it('that takes spans and never answers holds up neither requests nor the end of the gateway', async (t) => {
    const collector = await startCollector(t, () => {});
    const tracing = { to: { otlp: collector.url, timeout: '60s' }, sample: '100%' };
    const gateway = await startGateway(t, configOf({ accessLog: 'none', tracing }));
    await serve(t, gateway, 50);
    await collector.untilAsked(1);
    await serve(t, gateway, 50);
    // The export itself would take a minute to fail.
    assert.deepEqual(await gateway.stop(), { code: 0, signal: null });
  });

  it('that is not there costs its spans and lines, which are counted, and is told of once', async (t) => {
    const otlp = await goneUrl();
    const accessLog = { to: { otlp, timeout: '100ms' } };
    const tracing = { to: { otlp, timeout: '100ms' }, sample: '100%' };
    const gateway = await startGateway(t, configOf({ accessLog, tracing }));
    await serve(t, gateway, 20);
    await until('counted', metric(gateway, 'penstock_spans_failed_total'), (count) => count === 20);
    await until('counted', metric(gateway, 'penstock_access_log_dropped_total'), (count) => count === 20);
    await serve(t, gateway, 5);
    await until('counted', metric(gateway, 'penstock_spans_failed_total'), (count) => count === 25);
    assert.deepEqual(await gateway.stop(), { code: 0, signal: null });
    assert.equal(gateway.stderr.match(/penstock: spans cannot be exported: .*ECONNREFUSED/g)!.length, 1);
    assert.equal(gateway.stderr.match(/penstock: lines of the access log cannot be exported: /g)!.length, 1);
  });

  it('gets what belongs to it over a reload that names another one, and the last of it when the gateway stops', async (t) => {
    const [first, second] = [await startCollector(t), await startCollector(t)];
    const telemetry = (collector: Collector) => ({
      accessLog: { to: { otlp: collector.url } },
      tracing: { to: { otlp: `${collector.url}/v1/traces` }, sample: '100%' },
    });
    const gateway = await startGateway(t, configOf(telemetry(first)));
    await serve(t, gateway, 3);
    await received(first, 3);
    writeFileSync(gateway.configPath, JSON.stringify(configOf(telemetry(second))));
    gateway.signal('SIGHUP');
    await gateway.printed(/generation 2 is live/);
    await serve(t, gateway, 1);
    await received(second, 1);
    await serve(t, gateway, 4);
    await gateway.stop();
    assert.deepEqual([first.spans.length, first.records.length], [3, 3]);
    assert.deepEqual([second.spans.length, second.records.length], [5, 5]);
    const [record] = first.records;
    const span = first.spans.find(({ traceId }) => traceId === record!.traceId)!;
    assert.equal(record!.spanId, span.spanId);
    assert.deepEqual([record!.severity, record!.body], ['INFO', 'GET / 200']);
    assert.equal(record!.attributes.requestId, span.attributes['penstock.request_id']);
    assert.equal(record!.attributes.route, 'here');
  });
});

async function received(collector: Collector, count: number): Promise<void> {
  await collector.until((spans) => spans.length >= count);
  await collector.untilRecords((records) => records.length >= count);
}
