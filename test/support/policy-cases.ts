import type { PolicyName } from '../../src/decision/policies/registry.ts';

/** For every policy: options as a config writes them, one for each way in which it can work. The contract suite runs them all. */
export const POLICY_CASES: Readonly<Record<PolicyName, readonly unknown[]>> = {
  headers: [
    { request: { set: { 'x-team': 'blue' }, remove: ['x-secret'], rename: { 'x-old': 'x-new' } } },
    { response: { add: { 'x-frame-options': 'DENY' }, remove: ['server'] } },
  ],
  respond: [{}, { status: 503, headers: { 'retry-after': '60' }, body: 'closed' }],
  transform: [
    { request: { steps: [{ drop: ['$.secret'] }, { mask: { paths: ['$.card'], keepLast: 4 } }] } },
    { request: { from: 'xml', to: 'json', otherTypes: 'pass' }, response: { to: 'messagePack', statuses: ['all'] } },
  ],
  validate: [
    { body: { type: 'object', required: ['a'], properties: { a: { type: 'integer' } } } },
    { body: { $ref: '#/$defs/tree', $defs: { tree: { items: { $ref: '#/$defs/tree' } } } }, otherTypes: 'pass' },
  ],
};
