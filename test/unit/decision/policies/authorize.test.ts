import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { authorizeOptions } from '../../../../src/config/schema/policies/authorize.ts';
import { Decision } from '../../../../src/decision/decision.ts';
import { DryRequest, dryHost } from '../../../../src/decision/dry-run.ts';
import { authorize } from '../../../../src/decision/policies/authorize.ts';

const CLAIMS = {
  scope: 'orders:read orders:write',
  department: 'sales',
  level: 3,
  roles: ['clerk', 'admin'],
  realm_access: { roles: ['auditor'] },
  'https://example.com/tier': 'gold',
};

function decide(written: unknown, method = 'GET'): string {
  const decision = new Decision(new DryRequest({ method }), { name: 'r' }, null);
  decision.claims = CLAIMS;
  authorize.create(authorizeOptions.parse(written), dryHost()).onRequest!(decision);
  return decision.error ?? 'passed';
}

describe('authorize', () => {
  for (const [written, outcome] of [
    [{ scopes: ['orders:read'] }, 'passed'],
    [{ scopes: ['orders:read', 'orders:delete'] }, 'not_authorized'],
    [{ scopes: ['orders'] }, 'not_authorized'],
    [{ claims: { department: { equals: 'sales' } } }, 'passed'],
    [{ claims: { department: { equals: 'Sales' } } }, 'not_authorized'],
    [{ claims: { level: { equals: '3' } } }, 'not_authorized'],
    [{ claims: { level: { oneOf: [1, 2, 3] } } }, 'passed'],
    [{ claims: { roles: { contains: 'admin' } } }, 'passed'],
    [{ claims: { roles: { equals: 'admin' } } }, 'not_authorized'],
    [{ claims: { 'realm_access.roles': { contains: 'auditor' } } }, 'passed'],
    [{ claims: { 'https://example.com/tier': { equals: 'gold' } } }, 'passed'],
    [{ claims: { constructor: { equals: 'x' } } }, 'not_authorized'],
    [{ claims: { '__proto__.x': { equals: 'x' } } }, 'not_authorized'],
    [{ groups: ['partners'] }, 'not_authorized'],
    [{ scopes: ['none'], anyOf: [{ claims: { level: { equals: 3 } } }] }, 'passed'],
    [{ anyOf: [{ methods: ['GET'] }] }, 'passed'],
    [{ anyOf: [{ methods: ['POST'] }] }, 'not_authorized'],
    [{}, 'passed'],
  ] as const) {
    it(`${JSON.stringify(written)}: ${outcome}`, () => assert.equal(decide(written), outcome));
  }
});
