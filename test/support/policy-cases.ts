import type { PolicyName } from '../../src/decision/policies/registry.ts';

/** For every policy: options as a config writes them, one for each way in which it can work. The contract suite runs them all. */
export const POLICY_CASES: Readonly<Record<PolicyName, readonly unknown[]>> = {
  cache: [
    {},
    { ttl: '30s', shared: true, status: false, query: 'sorted', ignoreQuery: ['utm_*'], vary: ['accept'] },
    { ttl: '5s', ignoreOrigin: true, staleWhileRevalidate: '10s', staleIfError: '1m', maxTtl: '3s' },
  ],
  headers: [
    { request: { set: { 'x-team': 'blue' }, remove: ['x-secret'], rename: { 'x-old': 'x-new' } } },
    { response: { add: { 'x-frame-options': 'DENY' }, remove: ['server'] } },
  ],
  respond: [{}, { status: 503, headers: { 'retry-after': '60' }, body: 'closed' }],
};
