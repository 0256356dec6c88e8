/** Fields of policies that hold headers. */
import { z } from 'zod';
import { whyNotChangeable } from '../../../decision/header-changes.ts';
import { parsedText, Refusal } from '../fields.ts';
import { unknownValue } from './template-fields.ts';

/** A header that policies may change; any case, lower-cased here. */
export function headerName(message: 'request' | 'response'): z.ZodType<string> {
  const about = { type: 'header name', expected: 'the name of a header', json: { examples: ['x-team'] } };
  return parsedText(about, (input) => {
    const problem = whyNotChangeable(message, input.toLowerCase());
    return problem === null ? input.toLowerCase() : new Refusal(`{value} ${problem}`);
  });
}

/** Latin1, as a header can carry it; UTF-8 would arrive as something else. */
function isHeaderText(text: string): boolean {
  return /^[\t\x20-\x7e\xa0-\xff]*$/.test(text);
}

/** A header that policies read; any case, lower-cased here. */
export function requestHeaderName(): z.ZodType<string> {
  const about = { type: 'header name', expected: 'the name of a header', json: { examples: ['x-team'] } };
  return parsedText(about, (input) =>
    /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(input) ? input.toLowerCase() : new Refusal('{value} is not a header name'),
  );
}

const headerValue = parsedText({ type: 'text', expected: 'text (quote a number: "2")', json: {} }, (input) =>
  isHeaderText(input) ? input : new Refusal('{value} holds what no header can carry'),
);

const HEADER_TEMPLATE = {
  type: 'text with values',
  expected: `text, with values such as \${client.ip} (quote a number: "2")`,
  json: {},
};

const headerTemplate = parsedText(HEADER_TEMPLATE, (input) =>
  isHeaderText(input) ? (unknownValue(input) ?? input) : new Refusal('{value} holds what no header can carry'),
);

type HeaderPairs = z.ZodType<readonly (readonly [string, string])[]>;

/** A map of headers to values, as pairs. */
export function headerPairs(message: 'request' | 'response'): HeaderPairs {
  return headerMap(message, headerValue);
}

/** The same with values that are templates. */
export function headerTemplates(message: 'request' | 'response'): HeaderPairs {
  return headerMap(message, headerTemplate);
}

/** A map of headers to something else, as pairs. */
export function headerMap(message: 'request' | 'response', value: z.ZodType<string>): HeaderPairs {
  return z.record(z.string(), value).transform((map, context) =>
    Object.entries(map).map(([key, value]): readonly [string, string] => {
      const name = key.toLowerCase();
      const problem = whyNotChangeable(message, name);
      if (problem !== null)
        context.issues.push({
          code: 'custom',
          input: map,
          path: [key],
          message: `${JSON.stringify(key)} ${problem}, expected another header`,
          params: { part: 'key' },
        });
      return [name, value];
    }),
  );
}

/** The same with names and values alternating. */
export function headerLines(message: 'request' | 'response'): z.ZodType<readonly string[]> {
  return headerPairs(message).transform((pairs) => pairs.flat());
}

/** A name that stands as it is in queries and cookies. */
export function parameterName(): z.ZodType<string> {
  const about = { type: 'name', expected: 'letters, digits, - . _', json: { examples: ['api_key'] } };
  return parsedText(about, (input) => (/^[\w.-]+$/.test(input) ? input : new Refusal('{value} is not a name')));
}
