/** `telemetry`: what is told about exchanges and about the gateway itself, and where. */
import { z } from 'zod';
import { duration, filePath, flag, fraction, oneOf, parsedText, Refusal, size, text, wholeNumber } from './fields.ts';
import { LOG_LEVELS } from './log-level.ts';
import { headerPairs } from './policies/header-fields.ts';
import { percentage, tokenName } from './upstream-fields.ts';

const KIB = 1024;

/** A collector's address for one kind of data. @param path what an address without a path gets */
function collectorUrl(path: '/v1/traces' | '/v1/logs'): z.ZodType<string> {
  const about = {
    type: 'URL',
    expected: `the http or https URL of an OTLP collector, such as http://127.0.0.1:4318${path}`,
    json: { format: 'uri', examples: [`http://127.0.0.1:4318${path}`] },
  };
  return parsedText(about, (input) => {
    const url = URL.canParse(input) ? new URL(input) : null;
    if (url === null || !/^https?:$/.test(url.protocol)) return new Refusal('{value} is no URL of http or https');
    if (url.username !== '' || url.password !== '')
      return new Refusal('{path} holds credentials', 'them among the headers');
    if (url.pathname === '/') url.pathname = path;
    url.hash = '';
    return url.href;
  });
}

const collector = (path: '/v1/traces' | '/v1/logs') =>
  z.strictObject({
    otlp: collectorUrl(path).describe(`Where to: OTLP over HTTP, as protobuf. Without a path, \`${path}\`.`),
    headers: headerPairs('request')
      .prefault({})
      .describe('Sent with every export, such as an `authorization`; best as references.'),
    timeout: duration({ min: 100, max: 60_000 })
      .prefault('5s')
      .describe('How long one export may take, retries included.'),
  });

const rotate = z.strictObject({
  size: size({ min: 64 * KIB })
    .prefault('100MiB')
    .describe('A file that has reached it is moved aside; looked at each second.'),
  keep: wholeNumber(1, 1000).prefault(5).describe('Files kept aside: `.1` is the newest. What is older is deleted.'),
});

const accessLogFile = z.strictObject({
  file: filePath('the path of a log file').describe('Appended to, made if it is not there.'),
  rotate: rotate
    .optional()
    .describe('New files begun by the gateway itself. Without it, whoever moves the file sends `SIGHUP`.'),
});

const accessLog = z.union([
  oneOf(['none'], 'none or { to, sample }'),
  z.strictObject({
    to: z
      .union([
        oneOf(['stdout', 'none'], 'stdout, none, { file: /path } or { otlp: URL }'),
        accessLogFile,
        collector('/v1/logs'),
      ])
      .prefault('stdout')
      .describe('Where the lines go.'),
    sample: fraction()
      .prefault(1)
      .describe('Share of the exchanges that get a line; those with an error of the gateway always do.'),
  }),
]);

const tracing = z.strictObject({
  to: collector('/v1/traces').describe('The collector of spans.'),
  sample: percentage(0).prefault('1%').describe('Share of the traces that begin here.'),
  errors: oneOf(['always', 'sampled'])
    .prefault('always')
    .describe(
      "`always`: exchanges that failed - a status from 500 on, or an error of the gateway that is not the client's doing - are exported whether they were sampled or not.",
    ),
  header: z
    .strictObject({
      name: tokenName('header').describe('Name of the header.'),
      value: text('the value of a header, best as a reference')
        .optional()
        .describe('Only with this value. Without it, any.'),
    })
    .optional()
    .describe(
      'A request with this header is sampled. Give it a value that only you know: an export costs more than a request.',
    ),
  trust: oneOf(['none', 'trustedProxies', 'all'])
    .prefault('none')
    .describe(
      "Whose `sampled` flag decides in place of `sample`: nobody's, that of a listener's `trustedProxies`, or everybody's. The trace itself is continued in any case.",
    ),
  clientAddress: flag().prefault(false).describe("Whether spans carry the client's address."),
});

const log = z.strictObject({
  format: oneOf(['text', 'json'])
    .prefault('text')
    .describe('`text`: a line for humans. `json`: one JSON object a line.'),
  level: oneOf(LOG_LEVELS).prefault('info').describe('The least that is written.'),
});

export const telemetry = z.strictObject({
  accessLog: accessLog.prefault({}).describe('One JSON line for each exchange. `none`: no log.'),
  tracing: tracing
    .optional()
    .describe('Spans for exchanges, continuing the W3C trace context of requests. Without it, none.'),
  log: log.prefault({}).describe("The gateway's own messages, on standard error."),
  serviceName: text('the name of a service')
    .prefault('penstock')
    .describe('What this gateway is called where spans and log records are collected.'),
});
