import { z } from 'zod';
import type { ConcurrencyOptions } from '../../../decision/policies/concurrency.ts';
import { duration, wholeNumber } from '../fields.ts';
import { ipv6Prefix, limitBy } from './limit-fields.ts';

const HOUR_MS = 3_600_000;

export const concurrencyOptions: z.ZodType<ConcurrencyOptions> = z
  .strictObject({
    limit: wholeNumber(1, 1_000_000).describe('Requests in flight at one time, over all acceptors.'),
    by: limitBy.prefault('route').describe('Whose requests are counted together.'),
    ipv6Prefix,
    queue: z
      .strictObject({
        size: wholeNumber(0, 100_000).prefault(0).describe('Requests of one acceptor that may wait. 0: none.'),
        timeout: duration({ max: HOUR_MS }).prefault('1s').describe('How long each of them may wait.'),
      })
      .prefault({})
      .describe('What becomes of requests above the limit: those with no room here are refused at once.'),
  })
  .readonly();
