import type { Millis, SeriesId } from '../../../src/brand.ts';
import type { ExchangeRecord } from '../../../src/telemetry/exchange-record.ts';

/** An ordinary exchange, with whatever a test wants to be different. */
export function anExchange(different: Partial<ExchangeRecord> = {}): ExchangeRecord {
  return {
    requestId: '01JD7Z9V6Q8W',
    traceId: null,
    spanId: null,
    clientIp: '203.0.113.7',
    listener: 'public',
    method: 'GET',
    host: 'shop.example.com',
    path: '/catalog/42',
    status: 200,
    error: null,
    route: { name: 'catalog-read', series: 0 as SeriesId },
    upstream: { name: 'catalog', series: 1 as SeriesId },
    endpoint: 'http://127.0.0.1:9001',
    cacheResult: null,
    consumer: null,
    attempts: 1,
    gatewayMs: 0.042 as Millis,
    upstreamMs: 3.5 as Millis,
    transferMs: 0.2 as Millis,
    dryRunRefusals: 0,
    bytesIn: 0,
    bytesOut: 512,
    ...different,
  };
}
