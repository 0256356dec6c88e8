import { z } from 'zod';
import type { CorsOptions } from '../../../decision/policies/cors.ts';
import { duration, flag, parsedText, Refusal } from '../fields.ts';
import { isHostName } from '../network-fields.ts';
import { method } from '../route-fields.ts';

const ORIGIN = /^(?:https?|[a-z][a-z0-9+.-]*):\/\/(?:\[[0-9a-f:.]+\]|[^/?#@:[\]]+)(?::\d{1,5})?$/;

/** An origin as a browser writes it: lower case, no path, no usual port. */
const origin = parsedText(
  {
    type: 'origin',
    expected: 'an origin such as https://shop.example.com, https://*.example.com, or *',
    json: { examples: ['https://shop.example.com', 'https://*.example.com'] },
  },
  (input) => {
    if (input === '*' || input === 'null') return input;
    if (!ORIGIN.test(input)) return new Refusal('{value} is not an origin');
    const [scheme, rest] = input.split('://') as [string, string];
    if ((scheme === 'http' && rest.endsWith(':80')) || (scheme === 'https' && rest.endsWith(':443')))
      return new Refusal('{value} has the usual port of its scheme, which browsers leave out', 'it without the port');
    const host = rest.replace(/:\d+$/, '').replace(/^\*\./, '');
    return host.startsWith('[') || isHostName(host) ? input : new Refusal('{value} is not an origin');
  },
);

const STAR = parsedText({ type: '*', expected: '*', json: { const: '*' } }, (input) =>
  input === '*' ? input : new Refusal('{value} is not *'),
);

const headerName = parsedText({ type: 'header name', expected: 'the name of a header, or *', json: {} }, (input) =>
  /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(input) ? input.toLowerCase() : new Refusal('{value} is not a header name'),
);

export const corsOptions: z.ZodType<CorsOptions> = z
  .strictObject({
    origins: z.array(origin).min(1).describe('Who may: origins, `https://*.example.com` for all hosts below, or `*`.'),
    methods: z
      .array(z.union([STAR, method()]))
      .prefault(['GET', 'HEAD', 'POST'])
      .describe('Methods that scripts may use; `*` for any.'),
    headers: z.array(headerName).prefault([]).describe('Request headers that scripts may send; `*` for any.'),
    exposedHeaders: z.array(headerName).prefault([]).describe('Response headers that scripts may read.'),
    credentials: flag().prefault(false).describe('Whether cookies and HTTP authentication go with the requests.'),
    maxAge: duration()
      .optional()
      .describe("How long browsers may remember a preflight's answer. Their own default without."),
    privateNetwork: flag().prefault(false).describe('Whether pages of public networks may use a private one.'),
  })
  .check(({ value, issues }) => {
    if (!value.credentials) return;
    const star = value.origins.includes('*') ? 'origins' : value.exposedHeaders.includes('*') ? 'exposedHeaders' : null;
    if (star === null) return;
    // Fetch standard, section 3.2.5: no browser would take it.
    const message = `{path} has a *, which does not go with credentials, expected names`;
    issues.push({ code: 'custom', input: value, path: [star], message });
  })
  .transform(({ maxAge, ...rest }) => ({
    ...rest,
    maxAgeSeconds: maxAge === undefined ? null : Math.floor(maxAge / 1000),
  }));
