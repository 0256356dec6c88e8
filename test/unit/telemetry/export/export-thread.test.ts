import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Millis } from '../../../../src/brand.ts';
import { MOST_SPANS, type TraceFacts } from '../../../../src/telemetry/export/export-protocol.ts';
import { ExportThread } from '../../../../src/telemetry/export/export-thread.ts';
import { startCollector } from '../../../support/collector.ts';

const FACTS: TraceFacts = {
  traceId: '0af7651916cd43dd8448eb211c80319c',
  spanId: 'b7ad6b7169203331',
  parentId: null,
  traceState: null,
  startMs: 1_795_281_413_164.5,
  endMs: 1_795_281_413_214.25,
  requestId: 'r',
  method: 'BREW',
  scheme: 'https',
  host: 'pot.example',
  path: '/',
  upstreamPath: null,
  clientIp: '203.0.113.7',
  pattern: null,
  route: null,
  upstream: null,
  consumer: null,
  status: 404,
  error: 'route_not_found',
  hasFailed: false,
  gatewayMs: 1,
  upstreamMs: 0,
  transferMs: 0,
  bytesIn: 0,
  bytesOut: 0,
  attempts: [],
};

function aThread(url: string) {
  let tell = (_: string | null): void => {};
  const trouble = new Promise<string | null>((resolve) => (tell = resolve));
  const to = { url, headers: [], timeout: 60_000 as Millis };
  const options = { serviceName: 's', version: '0', instance: 'i', traces: to, logs: null };
  return { trouble, thread: new ExportThread(options, { onTrouble: (_, reason) => tell(reason) }) };
}

const copies = (count: number) => Array.from({ length: count }, () => FACTS);

describe('the export thread', () => {
  it('tells of an exchange without a route what is known of it, to the nanosecond', async (t) => {
    const collector = await startCollector(t);
    const { thread } = aThread(`${collector.url}/v1/traces`);
    thread.sendSpans([FACTS], 1);
    await thread.close(20_000);
    const [span] = collector.spans;
    assert.deepEqual(
      [span!.name, span!.startNs, span!.endNs],
      ['HTTP', 1_795_281_413_164_500_000n, 1_795_281_413_214_250_000n],
    );
    assert.equal(span!.attributes['http.request.method'], '_OTHER');
    assert.equal(span!.attributes['http.request.method_original'], 'BREW');
    assert.equal(span!.attributes['client.address'], '203.0.113.7');
    assert.equal(span!.attributes['http.route'], undefined);
    assert.deepEqual(thread.totals, { exported: 1, failed: 0, dropped: 0, lostLines: 0 });
  });

  it('takes no more than so many spans from a collector that hangs, and ends when it is told to', async (t) => {
    const collector = await startCollector(t, () => {});
    const { thread } = aThread(collector.url);
    for (let batch = 0; batch < 2 * (MOST_SPANS / 128); batch++) thread.sendSpans(copies(128), 128);
    assert.equal(thread.totals.dropped, MOST_SPANS);
    await collector.untilAsked(1);
    await thread.close(10);
    assert.deepEqual(thread.totals, { exported: 0, failed: MOST_SPANS, dropped: MOST_SPANS, lostLines: 0 });
    thread.sendSpans(copies(2), 2);
    assert.equal(thread.totals.dropped, MOST_SPANS + 2);
  });

  it('accounts for everything it was given when it dies', async (t) => {
    const collector = await startCollector(t, () => {});
    const { thread, trouble } = aThread(collector.url);
    const attempt = { spanId: FACTS.spanId, startMs: 0, endMs: 0, endpoint: 'no URL', status: 0, error: null };
    thread.sendSpans(copies(3), 3);
    thread.sendSpans([{ ...FACTS, attempts: [attempt] }], 2);
    assert.match((await trouble)!, /the export thread ended/);
    thread.sendSpans(copies(4), 4);
    await thread.close(10_000);
    const { exported, failed, dropped } = thread.totals;
    assert.equal(exported + failed + dropped, 9);
  });
});
