import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { POLICY_OPTIONS } from '../../../../src/config/schema/policies/registry.ts';
import { Decision } from '../../../../src/decision/decision.ts';
import { DryRequest } from '../../../../src/decision/dry-run.ts';
import type { Claims } from '../../../../src/decision/found-identity.ts';
import { PASS } from '../../../../src/decision/policies/verdict.ts';
import { chainOf, makePolicy } from '../../../support/policies.ts';

interface Who {
  readonly consumer?: { readonly name: string; readonly groups: readonly string[] };
  readonly claims?: Claims;
  readonly method?: string;
}

function decide(written: unknown, { consumer, claims, method = 'GET' }: Who): Decision {
  const decision = new Decision(new DryRequest({ method }), { name: 'r' }, null);
  decision.consumer = consumer ?? null;
  decision.claims = claims ?? null;
  const verdict = chainOf(makePolicy('authorize', written)).runRequest(decision);
  assert.equal(verdict === PASS, decision.error === null);
  return decision;
}

const may = (written: unknown, who: Who): boolean => decide(written, who).error === null;
const acme = { name: 'acme', groups: ['partners', 'eu'] };

describe('authorize', () => {
  it('groups: one is enough; consumers: one of; methods: one of, HEAD with GET', () => {
    assert.ok(may({ groups: ['us', 'eu'] }, { consumer: acme }));
    assert.ok(!may({ groups: ['us'] }, { consumer: acme }));
    assert.ok(!may({ groups: ['eu'] }, { claims: { groups: ['eu'] } }), 'groups are those of the config');
    assert.ok(may({ consumers: ['acme'] }, { consumer: acme }));
    assert.ok(!may({ consumers: ['other'] }, { consumer: acme }));
    assert.ok(may({ methods: ['GET'] }, { consumer: acme, method: 'HEAD' }));
    assert.ok(!may({ methods: ['GET'] }, { consumer: acme, method: 'POST' }));
  });

  it('scopes: all of them, in scope or scp, as text or list, never as part of another', () => {
    const rule = { scopes: ['read', 'write'] };
    assert.ok(may(rule, { claims: { scope: 'write admin read' } }));
    assert.ok(may(rule, { claims: { scp: ['read', 'write'] } }));
    assert.ok(may(rule, { claims: { scp: 'read write' } }));
    for (const scope of ['read', 'read writes', 'xread write', 'read:all write', '', 7, null, { read: 1 }])
      assert.ok(!may(rule, { claims: { scope } }), JSON.stringify(scope));
    assert.ok(may({ scopes: ['read'] }, { claims: { scope: 'reads xread read' } }), 'a later word');
    assert.ok(!may(rule, { claims: { scope: 'read', scp: 'write' } }));
  });

  it('claims: equals, contains and oneOf, by whole name and by path, never by what objects inherit', () => {
    const claims = {
      department: 'sales',
      level: 3,
      realm_access: { roles: ['a', 'b'] },
      'https://x.example/roles': ['c'],
      'a.b': 'whole',
      a: { b: 'nested', c: { d: true } },
    };
    const holds = (name: string, test: object): boolean => may({ claims: { [name]: test } }, { claims });
    assert.ok(holds('department', { equals: 'sales' }));
    assert.ok(!holds('department', { equals: 'sale' }));
    assert.ok(holds('level', { equals: 3 }));
    assert.ok(!holds('level', { equals: '3' }));
    assert.ok(holds('realm_access.roles', { contains: 'b' }));
    assert.ok(!holds('realm_access.roles', { equals: 'a' }));
    assert.ok(holds('https://x.example/roles', { oneOf: ['x', 'c'] }));
    assert.ok(holds('a.b', { equals: 'whole' }));
    assert.ok(holds('a.c.d', { equals: true }));
    assert.ok(holds('department', { oneOf: ['it', 'sales'] }));
    for (const name of [
      'constructor.name',
      'a.constructor.name',
      'realm_access.roles.0',
      'department.length',
      '',
      'a.',
      '.a',
    ])
      assert.ok(!holds(name, { oneOf: ['Object', 'a', 5, 'sales'] }), name);
  });

  it('every field of a rule has to hold, and one rule of anyOf', () => {
    const rule = { groups: ['eu'], scopes: ['read'] };
    assert.ok(may(rule, { consumer: acme, claims: { scope: 'read' } }));
    assert.ok(!may(rule, { consumer: acme }));
    assert.ok(!may(rule, { claims: { scope: 'read' } }));
    assert.ok(may({ anyOf: [{ groups: ['us'] }, { methods: ['GET'] }] }, { consumer: acme }));
    assert.ok(!may({ anyOf: [{ groups: ['us'] }, { methods: ['POST'] }] }, { consumer: acme }));
  });

  it('says 401 to nobody, 403 to who may not, and names scopes only to who lacks nothing else', () => {
    assert.equal(decide({}, {}).error, 'credentials_missing');
    assert.equal(decide({}, { consumer: acme }).error, null);
    const lacking = decide({ groups: ['eu'], scopes: ['read'] }, { consumer: acme });
    assert.equal(lacking.error, 'not_authorized');
    assert.deepEqual(lacking.errorHeaders, ['www-authenticate', 'Bearer error="insufficient_scope", scope="read"']);
    assert.deepEqual(decide({ groups: ['us'], scopes: ['read'] }, { consumer: acme }).errorHeaders, []);
  });

  it('refuses rules that say nothing or two things', () => {
    const schema = POLICY_OPTIONS.authorize;
    for (const wrong of [
      { anyOf: [] },
      { groups: [] },
      { anyOf: [{}], groups: ['a'] },
      { claims: { a: {} } },
      { claims: { a: { equals: 1, contains: 2 } } },
      { scopes: ['a b'] },
      { scopes: ['a"'] },
      { methods: ['get'] },
      { methods: ['HEAD'] },
    ])
      assert.ok(!schema.safeParse(wrong).success, JSON.stringify(wrong));
  });
});
