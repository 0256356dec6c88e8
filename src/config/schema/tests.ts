/** `tests`: what a config is meant to do, said in requests and checked by `penstock test`. */
import { z } from 'zod';
import { canonicalAddress } from '../../decision/ip-address.ts';
import { name, oneOf, parsedText, Refusal, text, wholeNumber } from './fields.ts';
import { method } from './route-fields.ts';

const url = parsedText(
  {
    type: 'URL',
    expected: 'http://host/path, https://host/path, or a path alone',
    json: { examples: ['http://shop.example.com/catalog/42', '/health'] },
  },
  (input) =>
    /^(?:https?:\/\/[^/?#@\s]+)?(?:[/?][^\s]*)?$/i.test(input) && input !== ''
      ? input
      : new Refusal('{value} is no URL of a request'),
);

const clientAddress = parsedText(
  { type: 'IP address', expected: 'an IP address such as 192.0.2.7', json: { examples: ['192.0.2.7'] } },
  (input) => (canonicalAddress(input) === null ? new Refusal('{value} is not an IP address') : input),
);

const anyText = parsedText({ type: 'text', expected: 'text (quote a number: "2")', json: {} }, (input) => input);

const headerText = parsedText({ type: 'text', expected: 'text (quote a number: "2")', json: {} }, (input) =>
  // Not shown: it may be a secret.
  /[\0-\x08\x0a-\x1f\x7f]/.test(input) ? new Refusal('{path} holds a control character') : input,
);

/** Headers by name; several lines of one name are a list. */
const sentHeaders = z.record(z.string(), z.union([headerText, z.array(headerText)])).transform((map, context) =>
  Object.entries(map).flatMap(([key, value]) => {
    const header = headerKey(key, map, context.issues);
    return (Array.isArray(value) ? value : [value]).map((line): readonly [string, string] => [header, line]);
  }),
);

/** A header that must not be there; in a config: null. */
const absent = z.null().meta({ title: 'null' });

/** Headers by name, with the value each must have, or null for one that must not be there. */
const expectedHeaders = z
  .record(z.string(), z.union([headerText, absent]))
  .transform((map, context) =>
    Object.entries(map).map(([key, value]): readonly [string, string | null] => [
      headerKey(key, map, context.issues),
      value,
    ]),
  );

function headerKey(key: string, input: unknown, issues: z.core.$ZodRawIssue[]): string {
  if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(key))
    issues.push({
      code: 'custom',
      input,
      path: [key],
      message: `${JSON.stringify(key)} is not a header name, expected one`,
      params: { part: 'key' },
    });
  return key.toLowerCase();
}

const request = z.strictObject({
  method: method().prefault('GET').describe('Method, in capitals.'),
  url: url.describe('As a client sends it. A path alone is asked of host `localhost`.'),
  headers: sentHeaders.prefault({}).describe('Headers, by name; a list for several lines of one name.'),
  client: clientAddress
    .optional()
    .describe(
      'Address the connection comes from; 127.0.0.1 without. `X-Forwarded-For` counts where the listener trusts it.',
    ),
  body: anyText.prefault('').describe('The request body.'),
  listener: name('listeners')
    .optional()
    .describe('Name of the listener it arrives at. Without: the one that fits scheme and port of the URL best.'),
});

const expectation = z.strictObject({
  route: name('routes').optional().describe('Name of the route taken.'),
  consumer: z
    .union([name('consumers'), absent])
    .optional()
    .describe('Name of the consumer; `null`: nobody.'),
  outcome: oneOf(['forward', 'refuse', 'answer', 'none'])
    .optional()
    .describe(
      '`forward` to an upstream, `refuse` with an error of the gateway, `answer` by a policy, `none`: no route takes the request, or none with its method.',
    ),
  status: wholeNumber(100, 599).optional().describe('Status of a refusal or of an answer.'),
  code: text('an error code').optional().describe('Code of a refusal; see docs/errors.md.'),
  upstream: name('upstreams').optional().describe('Name of the upstream it is forwarded to.'),
  path: text('a path').optional().describe('Path, and query if there is one, as the upstream is asked for it.'),
  headers: expectedHeaders.optional().describe('Headers as the upstream sees them; `null`: not there.'),
  responseHeaders: expectedHeaders
    .optional()
    .describe('Headers that the gateway gives the response; `null`: not there. Those of an upstream are not known.'),
});

export const configTest = z.strictObject({
  name: text('a name for the test').optional().describe('Shown when it fails.'),
  request: request.describe('A request that is never sent.'),
  repeat: wholeNumber(1, 100_000)
    .prefault(1)
    .describe('Times it is asked, at one moment; `expect` is about the last. For limits.'),
  expect: expectation
    .check((context) => {
      if (Object.keys(context.value).length > 0) return;
      context.issues.push({
        code: 'custom',
        input: context.value,
        message: '{path} is empty, expected at least one thing to be true of the request',
      });
    })
    .describe('What must be true of it. At least one of these.'),
});
