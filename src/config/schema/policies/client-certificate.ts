import { z } from 'zod';
import type { ClientCertificateOptions } from '../../../decision/policies/client-certificate.ts';
import { flag } from '../fields.ts';
import { consumerHeader } from './key-auth.ts';

export const clientCertificateOptions: z.ZodType<ClientCertificateOptions> = z.strictObject({
  optional: flag()
    .prefault(false)
    .describe('A request without a certificate goes on; one with the certificate of no consumer does not.'),
  consumerHeader,
});
