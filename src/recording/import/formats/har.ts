/**
 * HAR 1.2 (http://www.softwareishard.com/blog/har-12-spec/): what browsers and proxies export. One JSON document, read entry by
 * entry; an entry longer than MAX_ENTRY_BYTES is rejected.
 */
import type { RecordedBody } from '../../recorded-exchange.ts';
import { type LogFormat, type LoggedRequest, type LogRecord, type Rejection, rejected } from '../log-format.ts';
import { REASONS, requestOfUrl, sendableHeaders, timeOrNull } from '../request-line.ts';
import { type HarEntry, HarEntryFinder, MAX_ENTRY_BYTES } from './har-entries.ts';
import {
  arrayOr,
  countOr,
  type JsonObject,
  numberOr,
  objectOr,
  parseObject,
  statusOr,
  stringOr,
} from './json-fields.ts';

const NO_ENTRIES = 'no log.entries in the document';
const CUT_OFF = 'the document ends in the middle of it';
const TOO_LONG = `longer than ${MAX_ENTRY_BYTES / 1024 / 1024} MiB`;
const CACHED = "answered from the browser's own cache: it was never sent";
const UPGRADED = 'a WebSocket connection';

async function* read(input: AsyncIterable<Uint8Array>): AsyncGenerator<LogRecord> {
  const finder = new HarEntryFinder();
  let place = 0;
  for await (const chunk of input) {
    for (const entry of finder.read(chunk)) yield recordOf(++place, entry);
  }
  const last = finder.end();
  if (last !== null) yield recordOf(++place, last);
  if (!finder.hasEntries) yield { place: 1, text: '', bytes: 0, outcome: rejected(NO_ENTRIES) };
}

function recordOf(place: number, { text, bytes, isWhole }: HarEntry): LogRecord {
  if (text === null) return { place, text: '', bytes, outcome: rejected(TOO_LONG) };
  if (!isWhole) return { place, text, bytes, outcome: rejected(CUT_OFF) };
  const entry = parseObject(text);
  return { place, text, bytes, outcome: entry === null ? rejected(REASONS.line) : requestFrom(entry) };
}

function requestFrom(entry: JsonObject): LoggedRequest | Rejection {
  const request = objectOr(entry['request']);
  const response = objectOr(entry['response']);
  const url = stringOr(request['url'], '');
  if (/^wss?:/i.test(url) || entry['_webSocketMessages'] !== undefined) return rejected(UPGRADED);
  if (stringOr(entry['_fromCache'], '') !== '') return rejected(CACHED);
  const asked = requestOfUrl(stringOr(request['method'], ''), url);
  if ('rejected' in asked) return asked;
  const arrivedMs = timeOrNull(Date.parse(stringOr(entry['startedDateTime'], '')));
  if (arrivedMs === null) return rejected(REASONS.time);
  const status = statusOr(response['status'], null);
  if (status === null) return rejected(REASONS.status);
  return {
    arrivedMs,
    isWholeSecond: false,
    ...asked,
    headers: headersOf(request),
    body: bodyOf(request),
    // The address in a HAR is the server's.
    client: null,
    status,
    responseBytes: countOr(response['bodySize'], null) ?? countOr(objectOr(response['content'])['size'], null),
    upstreamMs: waitOf(entry),
  };
}

/** From the last byte of the request to the first of the response, -1 where it does not apply; the way there and back included. */
function waitOf(entry: JsonObject): number | null {
  const wait = numberOr(objectOr(entry['timings'])['wait'], -1);
  return wait < 0 ? null : wait;
}

function headersOf(request: JsonObject): LoggedRequest['headers'] {
  const pairs = arrayOr(request['headers']).map((header) => {
    const { name, value } = objectOr(header);
    return [stringOr(name, ''), stringOr(value, '')] as const;
  });
  return sendableHeaders(pairs);
}

/** `postData` has the text, in base64 where it says so (`encoding` as in responses), or the fields of a form. */
function bodyOf(request: JsonObject): RecordedBody | null {
  const bytes = countOr(request['bodySize'], 0);
  const postData = objectOr(request['postData']);
  const text = stringOr(postData['text'], '');
  if (text !== '') return postData['encoding'] === 'base64' ? base64Body(text) : { text };
  const params = arrayOr(postData['params']).map(objectOr);
  if (params.length > 0 && /urlencoded/i.test(stringOr(postData['mimeType'], ''))) {
    const pairs = params.map(({ name, value }) => [stringOr(name, ''), stringOr(value, '')] as [string, string]);
    return { text: new URLSearchParams(pairs).toString() };
  }
  return bytes > 0 ? { bytes, sha256: null } : null;
}

/** Written anew, since some exporters break lines or leave out the padding. */
const base64Body = (text: string): RecordedBody => ({ base64: Buffer.from(text, 'base64').toString('base64') });

/** A document may hold much before its entries, or stand on one line. */
function recognise(sample: readonly string[]): number {
  const text = sample.join('\n');
  return /^\s*\{\s*"log"\s*:\s*\{/.test(text) ? Number.MAX_SAFE_INTEGER : 0;
}

export const har: LogFormat = {
  name: 'har',
  summary: 'HAR 1.2, as browsers and proxies export',
  unit: 'entry',
  recognise,
  read,
};
