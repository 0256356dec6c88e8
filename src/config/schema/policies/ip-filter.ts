import { z } from 'zod';
import type { IpFilterOptions } from '../../../decision/policies/ip-filter.ts';
import { cidr } from '../network-fields.ts';

export const ipFilterOptions: z.ZodType<IpFilterOptions> = z
  .strictObject({
    allow: z
      .array(cidr())
      .min(1)
      .nullable()
      .prefault(null)
      .describe('Blocks of addresses that may ask; with it, no other may.'),
    deny: z.array(cidr()).prefault([]).describe('Blocks of addresses that may not, whatever `allow` says.'),
  })
  .check((context) => {
    const { allow, deny } = context.value;
    if (allow !== null || deny.length > 0) return;
    const message = '{path} lets everybody through, expected allow or deny';
    context.issues.push({ code: 'custom', input: context.value, message });
  });
