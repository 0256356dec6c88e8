/** `admin`: the address for operators. */
import { z } from 'zod';
import { filePath, name, oneOf, text } from './fields.ts';
import { address } from './network-fields.ts';

const secret = text(`a secret, best as a reference: \${env:NAME}`);

/** Name of the holder of `admin.token`. */
export const MAIN_TOKEN = 'admin';

/** In place of a path: nothing is written down. */
export const NO_AUDIT = 'none';

const adminToken = z.strictObject({
  name: name('tokens').describe('Whom it was given to, as the history and the audit log show it.'),
  token: secret.describe('The token itself.'),
  role: oneOf(['viewer', 'operator']).describe('`viewer` only looks; `operator` changes what runs, too.'),
});

export const admin = z.strictObject({
  address: address()
    .prefault('127.0.0.1:9901')
    .describe('Where the admin API answers: metrics, health, status, changes.'),
  token: secret
    .optional()
    .describe(
      'Bearer token that requests must carry, of an operator named `admin`. This or `tokens` is required unless the address is loopback or a unix socket.',
    ),
  tokens: z.array(adminToken).prefault([]).describe('Tokens of several people and machines, each with what it may do.'),
  audit: filePath('the path of a log file, or none')
    .optional()
    .describe(
      'Audit log: a JSON line for each request that changes something. `audit.ndjson` among the state without it; `none`: not written. Best absolute where the config comes out of Git.',
    ),
});
