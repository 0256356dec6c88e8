import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Millis, SeriesId } from '../../../src/brand.ts';
import { ERROR_CODES } from '../../../src/errors/table.ts';
import type { ExchangeRecord } from '../../../src/telemetry/exchange-record.ts';
import { LINE_BYTES, LineRenderer } from '../../../src/telemetry/log-line.ts';
import { anExchange } from './an-exchange.ts';

const NOW = Date.UTC(2026, 10, 21, 10, 54, 7, 42);

/** What a line holds, made the simple way. */
function plain(
  { cacheResult, traceId, spanId, dryRunRefusals: _, ...exchange }: ExchangeRecord,
  epochMs: number,
): Record<string, unknown> {
  const rounded = (ms: number) => Math.round(ms * 1000) / 1000;
  return {
    time: new Date(epochMs).toISOString(),
    ...exchange,
    route: exchange.route?.name ?? null,
    upstream: exchange.upstream?.name ?? null,
    gatewayMs: rounded(exchange.gatewayMs),
    upstreamMs: rounded(exchange.upstreamMs),
    transferMs: rounded(exchange.transferMs),
    ...(cacheResult === null ? {} : { cache: cacheResult }),
    ...(traceId === null ? {} : { traceId, spanId }),
  };
}

const anyText = (maxLength: number) =>
  fc.oneof(fc.string({ maxLength }), fc.string({ maxLength, unit: 'binary' }), fc.constant('\ud800"\\\r\n\u2028é😀'));
const millis = fc.double({ min: 0, max: 1e7, noNaN: true }).map((ms) => ms as Millis);
const anyExchange = (textLength: number): fc.Arbitrary<ExchangeRecord> => {
  const text = anyText(textLength);
  const named = fc.tuple(text, fc.nat(1000)).map(([name, series]) => ({ name, series: series as SeriesId }));
  return fc.record({
    requestId: text,
    traceId: fc.option(fc.constant('0af7651916cd43dd8448eb211c80319c')),
    spanId: fc.constant('b7ad6b7169203331'),
    clientIp: text,
    listener: text,
    method: text,
    host: text,
    path: text,
    status: fc.nat(599),
    error: fc.option(fc.constantFrom(...ERROR_CODES)),
    route: fc.option(named),
    upstream: fc.option(named),
    endpoint: fc.option(text),
    consumer: fc.option(text),
    cacheResult: fc.constantFrom('hit' as const, 'miss' as const, null),
    attempts: fc.nat(9),
    dryRunRefusals: fc.nat(2),
    gatewayMs: millis,
    upstreamMs: millis,
    transferMs: millis,
    bytesIn: fc.maxSafeNat(),
    bytesOut: fc.maxSafeNat(),
  });
};

describe('an access-log line', () => {
  it('is JSON with the fields of the exchange, whatever its texts hold', () => {
    fc.assert(
      fc.property(
        anyExchange(30),
        fc.date({ min: new Date(0), max: new Date(4e12), noInvalidDate: true }),
        (one, at) => {
          const line = new LineRenderer().render(one, at.getTime());
          assert.match(line, /^\{[\x20-\x7e]*\}\n$/);
          assert.deepEqual(JSON.parse(line), plain(one, at.getTime()));
        },
      ),
      { numRuns: 1000 },
    );
  });

  it('never exceeds its limit, and stays JSON when it has to be cut', () => {
    fc.assert(
      fc.property(anyExchange(5000), (one) => {
        const line = new LineRenderer().render(one, NOW);
        assert.ok(Buffer.byteLength(line) <= LINE_BYTES);
        assert.equal(JSON.parse(line).status, one.status);
      }),
    );
    const worst = '\u0001'.repeat(20_000);
    const name = { name: worst, series: 3 as SeriesId };
    const texts = { requestId: worst, clientIp: worst, listener: worst, method: worst, host: worst, path: worst };
    const numbers = { bytesIn: Number.MAX_SAFE_INTEGER, bytesOut: Number.MAX_SAFE_INTEGER, gatewayMs: 1e12 as Millis };
    const one = anExchange({ ...texts, ...numbers, route: name, upstream: name, endpoint: worst, consumer: worst });
    const line = new LineRenderer().render(one, NOW);
    assert.ok(line.length <= LINE_BYTES);
    assert.equal(JSON.parse(line).truncated, true);
  });

  it('keeps the names and the beginning of the path when a long path is cut', () => {
    const renderer = new LineRenderer();
    const { path, truncated, route } = JSON.parse(renderer.render(anExchange({ path: `/${'a'.repeat(8000)}` }), NOW));
    assert.deepEqual([path, truncated, route], [`/${'a'.repeat(1023)}`, true, 'catalog-read']);
    assert.equal(JSON.parse(renderer.render(anExchange(), NOW)).truncated, undefined);
  });

  it('tells the time of each line, also when the clock goes back', () => {
    const renderer = new LineRenderer();
    const times = [NOW, NOW + 1, NOW + 958, NOW + 60_000, NOW - 1].map(
      (at) => JSON.parse(renderer.render(anExchange(), at)).time,
    );
    assert.deepEqual(times, [
      '2026-11-21T10:54:07.042Z',
      '2026-11-21T10:54:07.043Z',
      '2026-11-21T10:54:08.000Z',
      '2026-11-21T10:55:07.042Z',
      '2026-11-21T10:54:07.041Z',
    ]);
  });

  it('says null for a duration that is none', () => {
    const one = anExchange({ gatewayMs: Number.NaN as Millis, upstreamMs: -1 as Millis });
    const { gatewayMs, upstreamMs } = JSON.parse(new LineRenderer().render(one, NOW));
    assert.deepEqual([gatewayMs, upstreamMs], [null, null]);
  });
});
