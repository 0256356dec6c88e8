import { z } from 'zod';
import type { MirrorOptions } from '../../../decision/policies/mirror.ts';
import { duration, name, size, wholeNumber } from '../fields.ts';
import { percent } from './percent.ts';

export const mirrorOptions: z.ZodType<MirrorOptions> = z
  .strictObject({
    upstream: name('upstreams').describe('Name of the upstream that gets the copies.'),
    percent: percent().prefault(100).describe('Share of the requests, in percent.'),
    timeout: duration({ max: 300_000 }).prefault('5s').describe('How long a copy and its response may take.'),
    maxBodyBytes: size({ max: 16 * 1024 * 1024 })
      .prefault('64KiB')
      .describe('Requests with a larger body are not copied.'),
    maxInFlight: wholeNumber(1, 256)
      .prefault(64)
      .describe('Copies under way in one acceptor; while there are as many, no more are made.'),
  })
  .transform(({ percent: share, ...rest }) => ({ ...rest, share }));
