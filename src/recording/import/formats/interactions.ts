/**
 * Calls of an HTTP API as NDJSON, one call a line with everything that was sent:
 *
 *   {"at": HTTP date, "method", "url": absolute, "reqHeaders": {Name: [value, ...]}, "reqBody", "reqBytes", "status", "resBytes", ...}
 *
 * `reqBody` is kept where its length is `reqBytes`; else only the length is known.
 */
import type { RecordedBody } from '../../recorded-exchange.ts';
import { lineFormat } from '../line-format.ts';
import { type LogFormat, type LoggedRequest, type Rejection, rejected } from '../log-format.ts';
import { REASONS, requestOfUrl, sendableHeaders, timeOrNull } from '../request-line.ts';
import { countOr, isRecord, parseObject, statusOr, stringOr } from './json-fields.ts';

function readLine(line: string): LoggedRequest | Rejection | null {
  const call = parseObject(line);
  if (call === null) return rejected(REASONS.line);
  const method = stringOr(call['method'], '');
  const asked = requestOfUrl(method, stringOr(call['url'], ''));
  if ('rejected' in asked) return asked;
  const arrivedMs = timeOrNull(Date.parse(stringOr(call['at'], '')));
  if (arrivedMs === null) return rejected(REASONS.time);
  const status = statusOr(call['status'], null);
  if (status === null) return rejected(REASONS.status);
  return {
    arrivedMs,
    isWholeSecond: true,
    ...asked,
    headers: headerPairs(call['reqHeaders']),
    body: bodyOf(stringOr(call['reqBody'], ''), countOr(call['reqBytes'], 0)),
    client: null,
    status,
    responseBytes: countOr(call['resBytes'], null),
    upstreamMs: null,
  };
}

function headerPairs(headers: unknown): LoggedRequest['headers'] {
  if (!isRecord(headers)) return [];
  const pairs = Object.entries(headers).flatMap(([name, values]) =>
    (Array.isArray(values) ? values : [values]).map((value) => [name, stringOr(value, '')] as const),
  );
  return sendableHeaders(pairs);
}

function bodyOf(text: string, bytes: number): RecordedBody | null {
  if (bytes === 0) return null;
  return Buffer.byteLength(text) === bytes ? { text } : { bytes, sha256: null };
}

export const interactions: LogFormat = lineFormat(
  {
    name: 'interactions',
    summary: 'recorded API calls as NDJSON: at, method, url, reqHeaders, reqBody, status',
    encoding: 'utf8',
  },
  () => readLine,
);
