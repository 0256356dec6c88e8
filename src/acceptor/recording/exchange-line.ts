import { hideSecrets } from '../../recording/hide-secrets.ts';
import type { Pseudonyms } from '../../recording/pseudonyms.ts';
import type { SecretNames } from '../../recording/secret-names.ts';
import { renderExchange } from '../../recording/write-recording.ts';
import type { RequestHead } from '../listener/downstream.ts';
import type { RecordedRequest } from './recorded-request.ts';

const TARGET = /^(?:\/[^\0-\x20\x7f]*|\*)$/;
const QUERY = /^[^\0-\x20\x7f]*$/;
/** A user and a password before the host's name belong into no message (RFC 9110, section 4.2.4), and into no recording. */
const HOST = /^[^\0-\x20\x7f@]*$/;

/** Whether a line can be made of a request: one that is no HTTP can be counted, not repeated. */
export function isRecordable({ fault, rawPath, query, rawHost }: RequestHead): boolean {
  return fault === null && TARGET.test(rawPath) && HOST.test(rawHost) && (query === null || QUERY.test(query));
}

/** Makes the line of an exchange, without anything secret. One that has not ended is written as it stands. */
export function lineOf(request: RecordedRequest, at: number, names: SecretNames, pseudonyms: Pseudonyms): string {
  const { exchange } = request;
  const { finished, downstream, attempts } = exchange;
  const { rawPath, query, rawHost, headers } = downstream.head;
  const text = request.body === null ? null : request.body.text();
  const hidden = hideSecrets({ path: rawPath, query, headers, body: text }, names, pseudonyms);
  return renderExchange({
    at,
    scheme: exchange.scheme,
    method: exchange.method,
    host: rawHost,
    path: hidden.path,
    headers: hidden.headers,
    body: hidden.body === null ? request.bodyFacts() : { text: hidden.body },
    client: pseudonyms.address(exchange.clientIp),
    consumer: exchange.consumer,
    route: exchange.route === null ? null : exchange.route.name,
    status: exchange.status,
    responseBytes: finished ? exchange.bytesOut : null,
    upstreamMs: finished && attempts > 0 ? Math.round(exchange.upstreamMs * 1000) / 1000 : null,
  });
}
