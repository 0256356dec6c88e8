import type { PolicyName } from '../../src/decision/policies/registry.ts';

/** For every policy: options as a config writes them, one for each way in which it can work. The contract suite runs them all. */
export const POLICY_CASES: Readonly<Record<PolicyName, readonly unknown[]>> = {
  authorize: [
    {},
    { groups: ['partners'], methods: ['GET'] },
    {
      anyOf: [
        { scopes: ['read'] },
        { claims: { 'a.b': { contains: 1 }, c: { oneOf: ['x', true] } }, consumers: ['acme'] },
      ],
    },
  ],
  basicAuth: [{}, { realm: 'a "b"', optional: true, forward: true, consumerHeader: 'x-consumer' }],
  headers: [
    { request: { set: { 'x-team': 'blue' }, remove: ['x-secret'], rename: { 'x-old': 'x-new' } } },
    { response: { add: { 'x-frame-options': 'DENY' }, remove: ['server'] } },
  ],
  ipFilter: [{ allow: ['192.0.2.0/24', '::1'] }, { deny: ['127.0.0.0/8'], allow: ['0.0.0.0/0'] }],
  keyAuth: [
    {},
    { query: 'api_key', cookie: 'a', header: 'x-old', optional: true, consumerHeader: 'x-consumer' },
    { forward: true },
  ],
  quota: [
    { limit: 3, per: 'month' },
    { limit: 1, per: 'hour', by: { header: 'x-api-key' }, onFailure: 'allow' },
  ],
  respond: [{}, { status: 503, headers: { 'retry-after': '60' }, body: 'closed' }],
};
