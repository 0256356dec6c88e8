/** What telemetry goes to may be absent, slow or silent: requests, memory and the end of the gateway do not depend on it. */
import { strict as assert } from 'node:assert';
import { before, describe, it } from 'node:test';
import { readMetrics, until } from '../support/admin.ts';
import { type Collector, startCollector } from '../support/collector.ts';
import { fileLifetime } from '../support/file-lifetime.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';
import { rawClient } from '../support/raw-client.ts';
import { reconfigure } from '../support/reconfigure.ts';

const file = fileLifetime();

const configOf = (telemetry: unknown) => ({
  version: 1,
  listeners: [{ name: 'public', address: '127.0.0.1:0' }],
  admin: { address: '127.0.0.1:0' },
  runtime: { acceptors: 1 },
  telemetry,
  routes: [{ name: 'here', match: { path: '/*' }, policies: [{ respond: { status: 200, body: 'here' } }] }],
});

/** Answers a number of requests, one after the other on one connection. */
async function serve(gateway: Gateway, requests: number): Promise<void> {
  const client = await rawClient(file, gateway.portOf('public'));
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

/** What a test has a collector for both kinds of data told. */
const telemetryTo = (url: string, timeout: string) => ({
  accessLog: { to: { otlp: url, timeout } },
  tracing: { to: { otlp: url, timeout }, sample: '100%' },
});

async function received(collector: Collector, count: number): Promise<void> {
  await collector.until((spans) => spans.length >= count);
  await collector.untilRecords((records) => records.length >= count);
}

describe('a collector', () => {
  let gateway: Gateway;
  let absentUrl: string;
  before(async () => {
    absentUrl = await goneUrl();
    gateway = await startGateway(file, configOf(telemetryTo(absentUrl, '100ms')));
  });

  it('that is not there costs its spans and lines, which are counted, and is told of once', async () => {
    await serve(gateway, 20);
    await until('counted', metric(gateway, 'penstock_spans_failed_total'), (count) => count === 20);
    await until('counted', metric(gateway, 'penstock_access_log_dropped_total'), (count) => count === 20);
    await serve(gateway, 5);
    await until('counted', metric(gateway, 'penstock_spans_failed_total'), (count) => count === 25);
    assert.equal(gateway.stderr.match(/penstock: spans cannot be exported: .*ECONNREFUSED/g)!.length, 1);
    assert.equal(gateway.stderr.match(/penstock: lines of the access log cannot be exported: /g)!.length, 1);
  });

  it('gets what belongs to it over a reload that names another one', async () => {
    const [first, second] = [await startCollector(file), await startCollector(file)];
    await reconfigure(gateway, configOf(telemetryTo(first.url, '5s')), 2);
    await serve(gateway, 3);
    await received(first, 3);
    await reconfigure(gateway, configOf(telemetryTo(second.url, '5s')), 3);
    await serve(gateway, 2);
    await received(second, 2);
    assert.deepEqual([first.spans.length, first.records.length], [3, 3]);
    assert.deepEqual([second.spans.length, second.records.length], [2, 2]);
    const [record] = first.records;
    const span = first.spans.find(({ traceId }) => traceId === record!.traceId)!;
    assert.equal(record!.spanId, span.spanId);
    assert.deepEqual([record!.severity, record!.body], ['INFO', 'GET / 200']);
    assert.equal(record!.attributes.requestId, span.attributes['penstock.request_id']);
    assert.equal(record!.attributes.route, 'here');
    await until('counted', metric(gateway, 'penstock_spans_exported_total'), (count) => count === 5);
  });

  it('that takes spans and never answers holds up neither requests nor the end of the gateway', async () => {
    const silent = await startCollector(file, () => {});
    await reconfigure(gateway, configOf(telemetryTo(silent.url, '60s')), 4);
    await serve(gateway, 20);
    await silent.untilAsked(1);
    await serve(gateway, 20);
    // The export itself would take a minute to fail.
    assert.deepEqual(await gateway.stop(), { code: 0, signal: null });
  });
});
