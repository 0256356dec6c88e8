import { z } from 'zod';
import type { HeaderRules, HeadersOptions } from '../../../decision/policies/headers.ts';
import { headerName, headerTemplates } from './header-fields.ts';

function rules(message: 'request' | 'response'): z.ZodType<HeaderRules> {
  const renames = z.record(z.string(), headerName(message));
  return z.strictObject({
    remove: z.array(headerName(message)).prefault([]).describe('Headers to take away.'),
    rename: renames
      .transform((map) => Object.entries(map).map(([from, to]) => [from.toLowerCase(), to] as const))
      .prefault({})
      .describe('Old name to new name. What came under the new name is taken away.'),
    set: headerTemplates(message)
      .prefault({})
      .describe(`Headers that replace all of their name. Values may hold \`\${client.ip}\` and the like.`),
    add: headerTemplates(message).prefault({}).describe('Headers added to those of their name. Values as for `set`.'),
  });
}

export const headersOptions: z.ZodType<HeadersOptions> = z.strictObject({
  request: rules('request').nullable().prefault(null).describe('What changes before the upstream sees it.'),
  response: rules('response').nullable().prefault(null).describe('What changes before the client sees it.'),
});
