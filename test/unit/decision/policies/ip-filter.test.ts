import assert from 'node:assert/strict';
import { it } from 'node:test';
import { POLICY_OPTIONS } from '../../../../src/config/schema/policies/registry.ts';
import { ask, makePolicy } from '../../../support/policies.ts';

const CASES: readonly (readonly [options: object, address: string, passes: boolean])[] = [
  [{ allow: ['192.0.2.0/24'] }, '192.0.2.7', true],
  [{ allow: ['192.0.2.0/24'] }, '::ffff:192.0.2.7', true],
  [{ allow: ['192.0.2.0/24'] }, '192.0.3.7', false],
  [{ allow: ['192.0.2.0/24'] }, '', false],
  [{ allow: ['0.0.0.0/0'] }, '2001:db8::1', false],
  [{ allow: ['0.0.0.0/0', '::/0'] }, '', false],
  [{ allow: ['192.0.2.0/24'], deny: ['192.0.2.7'] }, '192.0.2.7', false],
  [{ deny: ['192.0.2.7'] }, '::ffff:192.0.2.7', false],
  [{ deny: ['2001:db8::/32'] }, '2001:db8:1::1', false],
  [{ deny: ['2001:db8::/32'] }, '2001:db9::1', true],
  [{ deny: ['192.0.2.7'] }, '', true],
];

it('deny wins, allow leaves nobody else, an address that is none is in no block', async () => {
  for (const [options, clientIp, passes] of CASES) {
    const { decision } = await ask(makePolicy('ipFilter', options), { clientIp });
    assert.equal(decision.error, passes ? null : 'address_denied', `${JSON.stringify(options)} ${clientIp}`);
  }
});

it('refuses lists that let everybody or nobody through', () => {
  for (const wrong of [{}, { deny: [] }, { allow: [] }, { allow: ['1.2.3'] }])
    assert.ok(!POLICY_OPTIONS.ipFilter.safeParse(wrong).success, JSON.stringify(wrong));
});
