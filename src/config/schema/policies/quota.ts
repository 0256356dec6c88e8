import { z } from 'zod';
import type { QuotaOptions } from '../../../decision/policies/quota.ts';
import { flag, oneOf, text, wholeNumber } from '../fields.ts';
import { headerName } from './header-fields.ts';

const by = z.union([
  oneOf(['consumer', 'ip', 'route'], 'consumer, ip, route, { header: NAME } or { claim: NAME }'),
  z.strictObject({ header: headerName('request').describe('A header of the request.') }),
  z.strictObject({ claim: text('the name of a claim').describe('A claim of the token; `a.b` is `b` within `a`.') }),
]);

export const quotaOptions: z.ZodType<QuotaOptions> = z.strictObject({
  limit: wholeNumber(1, 1_000_000_000_000).describe('Requests in one period.'),
  per: oneOf(['hour', 'day', 'week', 'month']).describe('The period: of the UTC calendar, weeks from Monday.'),
  by: by.prefault('consumer').describe('Whose requests count together. Those without it share one counter.'),
  onFailure: oneOf(['refuse', 'allow'])
    .prefault('refuse')
    .describe('What becomes of requests while the store of quotas cannot be used.'),
  headers: flag().prefault(true).describe('Responses say how much is left: `RateLimit` and `RateLimit-Policy`.'),
});
