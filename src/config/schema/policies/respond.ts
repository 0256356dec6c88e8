import { z } from 'zod';
import type { RespondOptions } from '../../../decision/policies/respond.ts';
import { duration, parsed, parsedText, Refusal, wholeNumber } from '../fields.ts';
import { headerLines } from './header-fields.ts';

/** Statuses whose responses have no body (RFC 9110, section 6.4.1). */
const BODYLESS: readonly number[] = [204, 205, 304];
const TEXT_TYPE = 'text/plain; charset=utf-8';
const JSON_TYPE = 'application/json';

const jsonBody = parsed<string>({ type: 'any value', expected: 'a value that JSON can hold', json: {} }, (input) => {
  try {
    return JSON.stringify(input) ?? new Refusal('{value} is nothing that JSON can hold');
  } catch {
    return new Refusal('{path} is nothing that JSON can hold');
  }
});

export const respondOptions: z.ZodType<RespondOptions> = z
  .strictObject({
    status: wholeNumber(200, 599).prefault(200).describe('Status of the answer.'),
    headers: headerLines('response').prefault({}).describe('Headers of the answer.'),
    body: parsedText({ type: 'text', expected: 'text', json: {} }, (input) => input)
      .optional()
      .describe(`Body of the answer, as \`${TEXT_TYPE}\` unless \`headers\` says otherwise.`),
    json: jsonBody.optional().describe(`Body of the answer as a value, sent as \`${JSON_TYPE}\`.`),
    retryAfter: duration().optional().describe('Sent as `retry-after`, in whole seconds.'),
  })
  .check(({ value, issues }) => {
    const hasBody = (value.body ?? '') !== '' || value.json !== undefined;
    const problem =
      value.body !== undefined && value.json !== undefined
        ? '{path} has both body and json, expected one of them'
        : hasBody && BODYLESS.includes(value.status)
          ? `{path} has a body, which a response with status ${value.status} has not, expected none`
          : null;
    if (problem !== null) issues.push({ code: 'custom', input: value, message: problem });
  })
  .transform(({ status, headers, body, json, retryAfter }) => {
    const names = new Set(headers.filter((_, at) => at % 2 === 0));
    const text = json ?? body ?? '';
    const more: string[] = [];
    if (text !== '' && !names.has('content-type'))
      more.push('content-type', json === undefined ? TEXT_TYPE : JSON_TYPE);
    if (retryAfter !== undefined && !names.has('retry-after'))
      more.push('retry-after', String(Math.ceil(retryAfter / 1000)));
    return { status, headers: [...headers, ...more], body: text };
  })
  .readonly();
