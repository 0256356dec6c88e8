import type { PolicyName } from '../../src/decision/policies/registry.ts';

/** For every policy: options as a config writes them, one for each way in which it can work. The contract suite runs them all. */
export const POLICY_CASES: Readonly<Record<PolicyName, readonly unknown[]>> = {
  headers: [
    { request: { set: { 'x-team': 'blue' }, remove: ['x-secret'], rename: { 'x-old': 'x-new' } } },
    { response: { add: { 'x-frame-options': 'DENY' }, remove: ['server'] } },
  ],
  jwt: [
    { keys: [{ secret: 'a secret of at least thirty-two bytes' }] },
    {
      from: { cookie: 'token' },
      optional: true,
      forward: false,
      keys: [{ secret: 'a secret of at least thirty-two bytes' }],
      claimsToHeaders: { 'x-user-id': 'sub' },
    },
    {
      from: { query: 'api_key' },
      keySet: { url: 'https://issuer.example/keys' },
      issuer: 'https://issuer.example',
      audience: ['api'],
      maxAge: '1h',
      consumer: { required: true },
    },
  ],
  respond: [{}, { status: 503, headers: { 'retry-after': '60' }, body: 'closed' }],
};
