/** `consumers`: the identities that requests can have. */
import { z } from 'zod';
import { name, text } from './fields.ts';

export const consumer = z.strictObject({
  groups: z.array(name('groups')).prefault([]).describe('What `authorize` goes by.'),
  keys: z
    .array(text(`a secret, best as a reference: \${env:NAME}`))
    .prefault([])
    .describe('API keys for `keyAuth`. Several at a time, so that one can be replaced without a gap.'),
  certificates: z
    .array(text('a fingerprint, a name such as DNS:a.example, or a subject such as CN=a'))
    .prefault([])
    .describe(
      'Certificates for `clientCertificate`: SHA-256 fingerprints, alternative names (`DNS:`, `URI:`...), or whole subjects.',
    ),
  subjects: z.array(text('the subject of a token')).prefault([]).describe('Values of the claim `sub` for `jwt`.'),
  passwords: z
    .array(text('a password hash, as `penstock hash-password` prints it'))
    .prefault([])
    .describe("Password hashes for `basicAuth`, whose user name is the consumer's. Several at a time are all valid."),
});
