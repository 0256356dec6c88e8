/** Reading logs in tests, and a small log of every format. */

import { Concealer } from '../../../../src/recording/import/conceal.ts';
import { combined } from '../../../../src/recording/import/formats/access-log.ts';
import { har } from '../../../../src/recording/import/formats/har.ts';
import { interactions } from '../../../../src/recording/import/formats/interactions.ts';
import { nova } from '../../../../src/recording/import/formats/nova.ts';
import { w3c } from '../../../../src/recording/import/formats/w3c.ts';
import { LogImport } from '../../../../src/recording/import/import-logs.ts';
import type { LogFormat, LoggedRequest, LogRecord } from '../../../../src/recording/import/log-format.ts';
import type { LogCounts } from '../../../../src/recording/import/tally.ts';
import { Pseudonyms } from '../../../../src/recording/pseudonyms.ts';
import type { RecordedExchange } from '../../../../src/recording/recorded-exchange.ts';
import { SecretNames } from '../../../../src/recording/secret-names.ts';

export async function* chunks(...pieces: readonly (string | Uint8Array)[]): AsyncGenerator<Uint8Array> {
  for (const piece of pieces) yield Buffer.from(piece as string);
}

/** What a format makes of a text: every record that is no directive or empty line. */
export async function recordsOf(format: LogFormat, text: string | Uint8Array): Promise<LogRecord[]> {
  const records: LogRecord[] = [];
  for await (const record of format.read(chunks(text))) if (record !== null) records.push(record);
  return records;
}

/** The request of a log that holds one; or why it was rejected. */
export async function readOne(format: LogFormat, text: string): Promise<LoggedRequest | string> {
  const records = await recordsOf(format, text);
  if (records.length !== 1) throw new Error(`${records.length} records`);
  const { outcome } = records[0]!;
  return 'rejected' in outcome ? outcome.rejected : outcome;
}

/** As `readOne`, where it is imported for sure. */
export async function requestIn(format: LogFormat, text: string): Promise<LoggedRequest> {
  const request = await readOne(format, text);
  if (typeof request === 'string') throw new Error(request);
  return request;
}

interface Imported {
  readonly exchanges: RecordedExchange[];
  readonly files: LogCounts[];
  readonly rejects: string[];
}

/** Imports logs as the command does, in memory. */
export async function importAll(
  logs: readonly (readonly [LogFormat, string | Uint8Array | AsyncIterable<Uint8Array>])[],
): Promise<Imported> {
  const rejects: string[] = [];
  const sources = logs.map(([format, log], index) => {
    const isBytes = typeof log === 'string' || log instanceof Uint8Array;
    return { file: `log ${index + 1}`, format, bytes: isBytes ? chunks(log) : log };
  });
  const run = new LogImport(sources, {
    host: 'default.example',
    concealer: new Concealer(new Pseudonyms(Buffer.from('key')), new SecretNames()),
    onReject: async (_file, { text }) => void rejects.push(text),
  });
  const exchanges: RecordedExchange[] = [];
  for await (const exchange of run.exchanges()) exchanges.push(exchange);
  return { exchanges, files: run.counts(), rejects };
}

/** A log with two requests, the second one a second later, and one record that is none. */
interface LogCase {
  readonly format: LogFormat;
  readonly log: string;
  readonly paths: readonly [string, string];
}

const interaction = (url: string, second: number): string =>
  JSON.stringify({
    at: `Sat, 11 Jan 2014 15:50:0${second} GMT`,
    method: 'GET',
    url,
    reqHeaders: {},
    reqBody: '',
    status: 200,
  });
const entry = (url: string, second: number): object => ({
  startedDateTime: `2024-01-11T15:50:0${second}.000Z`,
  request: { method: 'GET', url, headers: [] },
  response: { status: 200 },
});

export const LOG_CASES: readonly LogCase[] = [
  {
    format: combined,
    log: [
      '10.1.1.1 - - [17/May/2015:10:05:03 +0000] "GET /a?b=1 HTTP/1.1" 200 5 "-" "curl"',
      '10.1.1.1 - - [17/May/2015:10:05:03 +0000] "\\x16\\x03\\x01" 400 0 "-" "-"',
      '10.1.1.1 - - [17/May/2015:10:05:04 +0000] "GET /c HTTP/1.1" 200 -',
    ].join('\n'),
    paths: ['/a?b=1', '/c'],
  },
  {
    format: w3c,
    log: [
      '#Version: 1.0',
      '#Fields: date time cs-method cs-uri-stem cs-uri-query sc-status',
      '2015-05-17 10:05:03 GET /a b=1 200',
      '2015-05-17 10:05:03 GET /a',
      '2015-05-17 10:05:04 GET /c - 200',
    ].join('\r\n'),
    paths: ['/a?b=1', '/c'],
  },
  {
    format: har,
    log: JSON.stringify({
      log: {
        version: '1.2',
        pages: [{ entries: 'no "entries": [ {' }],
        entries: [entry('https://a.example/a?b=1', 3), entry('data:text/plain,x', 3), entry('http://a.example/c', 4)],
      },
    }),
    paths: ['/a?b=1', '/c'],
  },
  {
    format: nova,
    log: [
      'log.1 2017-05-16 00:00:03.000 2 INFO nova.wsgi [req-1 - -] 10.1.1.1 "GET /a?b=1 HTTP/1.1" status: 200 len: 3 time: 0.5',
      'log.1 2017-05-16 00:00:03.000 2 INFO nova.compute [-] started',
      'log.1 2017-05-16 00:00:04.000 2 INFO nova.wsgi [req-2 - -] 10.1.1.1 "GET /c HTTP/1.1" status: 200 len: 3 time: 0.5',
    ].join('\n'),
    paths: ['/a?b=1', '/c'],
  },
  {
    format: interactions,
    log: [
      interaction('https://a.example/a?b=1', 3),
      interaction('<<HOST>>/x', 3),
      interaction('https://a.example/c', 4),
    ].join('\n'),
    paths: ['/a?b=1', '/c'],
  },
];
