import { z } from 'zod';
import type { KeyAuthOptions } from '../../../decision/policies/key-auth.ts';
import { flag, parsedText, Refusal } from '../fields.ts';
import { headerName } from './header-fields.ts';

/** Characters that need no escape in a query or a cookie. */
const plainName = parsedText({ type: 'name', expected: 'letters, digits, - . _ and ~', json: {} }, (input) =>
  /^[A-Za-z0-9._~-]{1,128}$/.test(input) ? input : new Refusal('{value} is not such a name'),
);

const keyHeader = headerName('request').refine((name) => name !== 'cookie', {
  message: '{value} holds more than a key, expected cookie: NAME for a key in a cookie',
});

export const consumerHeader = headerName('request')
  .nullable()
  .prefault(null)
  .describe("Header in which the upstream is told the consumer's name. What the client sends under it is taken away.");

export const keyAuthOptions: z.ZodType<KeyAuthOptions> = z
  .strictObject({
    header: keyHeader.nullable().prefault(null).describe('Header with the key. `x-api-key` when no place is named.'),
    query: plainName.nullable().prefault(null).describe('Query parameter with the key.'),
    cookie: plainName.nullable().prefault(null).describe('Cookie with the key.'),
    optional: flag().prefault(false).describe('A request without a key goes on; one with a wrong key does not.'),
    forward: flag().prefault(false).describe('The key goes on to the upstream.'),
    consumerHeader,
  })
  .transform((options) => {
    const isAnywhere = options.header !== null || options.query !== null || options.cookie !== null;
    return isAnywhere ? options : { ...options, header: 'x-api-key' };
  });
