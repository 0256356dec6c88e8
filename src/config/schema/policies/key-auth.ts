import { z } from 'zod';
import type { TokenPlace } from '../../../decision/policies/jwt/jwt-options.ts';
import type { KeyAuthOptions } from '../../../decision/policies/key-auth.ts';
import { flag } from '../fields.ts';
import { headerName, parameterName } from './header-fields.ts';

export const keyAuthOptions: z.ZodType<KeyAuthOptions> = z
  .strictObject({
    header: headerName('request').optional().describe('Header with the key; `x-api-key` when no place is named.'),
    query: parameterName()
      .optional()
      .describe('Query parameter with the key. Addresses are written to logs: prefer a header.'),
    cookie: parameterName().optional().describe('Cookie with the key.'),
    optional: flag().prefault(false).describe('Requests without a key pass, as nobody. A wrong key never does.'),
    forward: flag().prefault(false).describe('Whether the upstream sees the key.'),
    consumerHeader: headerName('request')
      .nullable()
      .prefault(null)
      .describe('Header that tells the upstream who asks. What clients send under this name is taken away.'),
  })
  .transform(({ header, query, cookie, optional, forward, consumerHeader }): KeyAuthOptions => {
    const places: TokenPlace[] = [];
    if (header !== undefined) places.push({ kind: 'header', name: header });
    if (query !== undefined) places.push({ kind: 'query', name: query });
    if (cookie !== undefined) places.push({ kind: 'cookie', name: cookie });
    if (places.length === 0) places.push({ kind: 'header', name: 'x-api-key' });
    return { places, optional, forward, consumerHeader };
  });
