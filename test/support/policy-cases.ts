import type { PolicyName } from '../../src/decision/policies/registry.ts';

/** For every policy: options as a config writes them, one for each way in which it can work. The contract suite runs them all. */
export const POLICY_CASES: Readonly<Record<PolicyName, readonly unknown[]>> = {
  concurrency: [
    { limit: 1 },
    { limit: 2, by: 'ip', queue: { size: 1, timeout: '20ms' } },
    { limit: 1, by: { header: 'x-api-key' } },
    { limit: 1, by: { claim: 'sub' } },
  ],
  headers: [
    { request: { set: { 'x-team': 'blue' }, remove: ['x-secret'], rename: { 'x-old': 'x-new' } } },
    { response: { add: { 'x-frame-options': 'DENY' }, remove: ['server'] } },
  ],
  rateLimit: [
    { limit: '1/h' },
    { limit: '10/s', burst: 2, by: 'consumer', headers: false },
    { limit: '1/min', by: 'route', dryRun: true },
    { windows: [{ limit: '5/s' }, { limit: '6/h', burst: 1 }], by: { header: 'x-api-key' } },
    { limit: '1/s', by: { claim: 'sub' }, delay: { upTo: '5s' } },
  ],
  respond: [{}, { status: 503, headers: { 'retry-after': '60' }, body: 'closed' }],
};
