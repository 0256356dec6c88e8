import { z } from 'zod';
import type { FaultOptions } from '../../../decision/policies/fault.ts';
import { duration, parsedText, Refusal, wholeNumber } from '../fields.ts';
import { percent } from './percent.ts';

const anyHeader = parsedText(
  { type: 'header name', expected: 'the name of a header', json: { examples: ['x-fault'] } },
  (input) =>
    /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(input) ? input.toLowerCase() : new Refusal('{value} is not a header name'),
);

const when = z.strictObject({
  header: anyHeader.describe('Header that a request must have.'),
  value: parsedText({ type: 'text', expected: 'text (quote a number: "2")', json: {} }, (input) => input)
    .nullable()
    .prefault(null)
    .describe('The value it must have; any without.'),
});

export const faultOptions: z.ZodType<FaultOptions> = z
  .strictObject({
    when: when.nullable().prefault(null).describe('Which requests; all without.'),
    delay: z
      .strictObject({
        for: duration({ max: 300_000 }).describe('How long a request is held up.'),
        percent: percent().prefault(100).describe('Share of the requests, in percent.'),
      })
      .transform(({ for: time, percent: share }) => ({ for: time, share }))
      .nullable()
      .prefault(null)
      .describe('Holds requests up.'),
    abort: z
      .strictObject({
        status: wholeNumber(400, 599).prefault(503).describe('Status of the answer.'),
        percent: percent().prefault(100).describe('Share of the requests, in percent.'),
      })
      .transform(({ status, percent: share }) => ({ status, share }))
      .nullable()
      .prefault(null)
      .describe('Answers in place of the upstream, after the delay if there is one.'),
  })
  .check(({ value, issues }) => {
    if (value.delay !== null || value.abort !== null) return;
    issues.push({ code: 'custom', input: value, message: '{path} does nothing, expected delay or abort' });
  });
