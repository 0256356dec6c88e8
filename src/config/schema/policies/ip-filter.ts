import { z } from 'zod';
import type { IpFilterOptions } from '../../../decision/policies/ip-filter.ts';
import { cidr } from '../network-fields.ts';

export const ipFilterOptions: z.ZodType<IpFilterOptions> = z
  .strictObject({
    allow: z
      .array(cidr())
      .prefault([])
      .describe('Whoever is not in one of these is denied. Empty: anybody is allowed.'),
    deny: z.array(cidr()).prefault([]).describe('Denied, also when allowed.'),
  })
  .check((context) => {
    if (context.value.allow.length + context.value.deny.length > 0) return;
    const message = '{path} lists nobody, expected addresses to allow or to deny';
    context.issues.push({ code: 'custom', input: context.value, message });
  });
