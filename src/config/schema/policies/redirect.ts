import { z } from 'zod';
import { parseDestination } from '../../../decision/destination.ts';
import type { RedirectOptions } from '../../../decision/policies/redirect.ts';
import { ValueTemplate } from '../../../decision/value-template.ts';
import { oneOf, parsed, parsedText, Refusal, wholeNumber } from '../fields.ts';
import { hostPattern } from '../network-fields.ts';
import { prefixChange } from './rewrite.ts';
import { unknownValue } from './template-fields.ts';

const STATUSES: readonly unknown[] = [301, 302, 303, 307, 308];

const status = parsed<RedirectOptions['status']>(
  { type: 'status', expected: '301, 302, 303, 307 or 308', json: { enum: STATUSES } },
  (input) =>
    STATUSES.includes(input) ? (input as RedirectOptions['status']) : new Refusal('{value} is no status of a redirect'),
);

const destination = parsedText(
  {
    type: 'URL with values',
    expected: `a URL such as https://www.example.com\${request.path}, or a path`,
    json: { examples: [`https://www.example.com\${request.path}`] },
  },
  (input) => {
    const unknown = unknownValue(input);
    if (unknown !== null) return unknown;
    const early = ValueTemplate.compile(input).values.find(({ name }) => /^(?:claims|consumer)\./.test(name));
    if (early !== undefined)
      return new Refusal(`{value} names ${early.name}, which is known later than redirects are made`, 'another value');
    const problem = parseDestination(input);
    return typeof problem === 'string' ? new Refusal(`{value} ${problem}`) : input;
  },
);

const plainHost = hostPattern().refine((host) => !host.startsWith('*'), {
  error: '{value} is many hosts, expected one',
});

export const redirectOptions: z.ZodType<RedirectOptions> = z
  .strictObject({
    to: destination.optional().describe('Where to: a whole URL, or a path on the same host.'),
    scheme: oneOf(['https', 'http']).optional().describe('Redirects requests that came with the other scheme.'),
    host: plainHost.optional().describe('Redirects requests for any other host.'),
    port: wholeNumber(1, 65535).optional().describe('Port of the URL; the usual one of its scheme without.'),
    prefix: prefixChange.optional().describe('Redirects paths with these leading segments to others.'),
    status: status.prefault(308).describe('`301`, `302`, `303`, `307` or `308`; `307` and `308` keep the method.'),
  })
  .check(({ value, issues }) => {
    const parts = [value.scheme, value.host, value.port, value.prefix].filter((part) => part !== undefined);
    const problem =
      value.to !== undefined && parts.length > 0
        ? '{path} has both to and parts of a URL, expected one of both'
        : value.to === undefined && parts.length === 0
          ? '{path} leads nowhere, expected to, scheme, host, port or prefix'
          : null;
    if (problem !== null) issues.push({ code: 'custom', input: value, message: problem });
  })
  .transform(({ to, scheme, host, port, prefix, status: code }) => ({
    to: to ?? null,
    scheme: scheme ?? null,
    host: host ?? null,
    port: port ?? null,
    prefix: prefix ?? null,
    status: code,
  }));
