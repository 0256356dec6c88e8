/** Fields of policies that count by client. */
import { z } from 'zod';
import type { LimitBy } from '../../../decision/policies/limit-key.ts';
import { oneOf, text, wholeNumber } from '../fields.ts';
import { requestHeaderName } from './header-fields.ts';

const WORDS = ['ip', 'consumer', 'route'] as const;

/** Whose requests are counted together. */
export const limitBy: z.ZodType<LimitBy> = z.union([
  oneOf(WORDS, 'ip, consumer, route, { header: NAME } or { claim: NAME }').transform((kind) => ({ kind })),
  z
    .strictObject({ header: requestHeaderName().describe('A request header; all its values are one.') })
    .transform(({ header }) => ({ kind: 'header' as const, name: header })),
  z
    .strictObject({ claim: text('the name of a claim').describe('A claim of a verified token.') })
    .transform(({ claim }) => ({ kind: 'claim' as const, name: claim })),
]);

export const ipv6Prefix = wholeNumber(32, 128)
  .prefault(64)
  .describe('Bits of an IPv6 address that tell clients apart: a subscriber has a network of addresses.');
