import { z } from 'zod';
import type { RateLimitOptions } from '../../../decision/policies/rate-limit.ts';
import { formatDuration } from '../../units.ts';
import { duration, flag, rate, wholeNumber } from '../fields.ts';
import { ipv6Prefix, limitBy } from './limit-fields.ts';

const MOST_WINDOWS = 8;
const MINUTE_MS = 60_000;

const burst = wholeNumber(1, 10_000_000)
  .optional()
  .describe('Requests that may come at once. As many as the limit names, if nothing is said.');

const window = z.strictObject({ limit: rate().describe('Requests in a time: `100/s`, `5000/min`, `10/h`.'), burst });

const fields = z.strictObject({
  limit: rate().optional().describe('Requests in a time: `100/s`, `5000/min`, `10/h`, `1000/d`.'),
  burst,
  windows: z
    .array(window)
    .min(1)
    .max(MOST_WINDOWS)
    .optional()
    .describe('Several limits in place of one: a request must be within all of them.'),
  by: limitBy.prefault('ip').describe('Whose requests are counted together.'),
  ipv6Prefix,
  headers: flag().prefault(true).describe('Whether responses bear `RateLimit` and `RateLimit-Policy`.'),
  dryRun: flag().prefault(false).describe('Counts what it would refuse, and refuses nothing.'),
  delay: z
    .strictObject({ upTo: duration({ max: MINUTE_MS }).describe('The longest wait.') })
    .optional()
    .describe('Lets requests above the limit wait for their token instead of refusing them.'),
});

export const rateLimitOptions: z.ZodType<RateLimitOptions> = fields
  .check(({ value, issues }) => {
    const { limit, windows } = value;
    const report = (message: string): void => void issues.push({ code: 'custom', input: value, message });
    if ((limit === undefined) === (windows === undefined))
      report('{path} has to have limit or windows, expected one of both');
    if (windows !== undefined && value.burst !== undefined)
      report('{path} has a burst beside windows, expected it in each of them');
    if (new Set(windows?.map((one) => one.limit?.per)).size < (windows?.length ?? 0))
      report('{path} has two windows of one length, expected one of each');
  })
  .transform(({ limit, windows, burst: one, by, ipv6Prefix: prefix, headers, dryRun, delay }): RateLimitOptions => {
    const given = windows ?? [{ limit: limit!, burst: one }];
    return {
      windows: given.map((each) => ({
        name: given.length === 1 ? 'default' : `per-${formatDuration(each.limit.per)}`,
        ...each.limit,
        burst: each.burst ?? each.limit.requests,
      })),
      by,
      ipv6Prefix: prefix,
      headers,
      dryRun,
      delay: delay?.upTo ?? (0 as RateLimitOptions['delay']),
    };
  });
