import type { RecordedExchange, RecordingHead } from '../../../src/recording/recorded-exchange.ts';

export const A_HEAD: RecordingHead = { recording: 1, began: null, source: 'a test', licence: null };

export function anExchange(members: Partial<RecordedExchange> = {}): RecordedExchange {
  return {
    at: 0,
    scheme: null,
    method: 'GET',
    host: 'shop.example.com',
    path: '/',
    headers: [],
    body: null,
    client: null,
    consumer: null,
    route: null,
    status: 200,
    responseBytes: null,
    upstreamMs: null,
    ...members,
  };
}
