import { z } from 'zod';
import type { BasicAuthOptions } from '../../../decision/policies/basic-auth.ts';
import { flag, parsedText, Refusal } from '../fields.ts';
import { consumerHeader } from './key-auth.ts';

const realm = parsedText({ type: 'text', expected: 'printable ASCII text', json: {} }, (input) =>
  /^[\x20-\x7e]{1,128}$/.test(input) ? input : new Refusal('{value} cannot stand in a header'),
);

export const basicAuthOptions: z.ZodType<BasicAuthOptions> = z.strictObject({
  realm: realm.prefault('penstock').describe('What browsers show beside the question for a password.'),
  optional: flag().prefault(false).describe('A request without a password goes on; one with a wrong one does not.'),
  forward: flag().prefault(false).describe('The Authorization header goes on to the upstream.'),
  consumerHeader,
});
