import assert from 'node:assert/strict';
import { test } from 'node:test';
import { credentialNames, Masking } from '../../../../src/cli/dry-gateway/masking.ts';

test('a query parameter in which a policy of the route takes credentials is masked, whatever its name', () => {
  const names = credentialNames([
    { policy: 'keyAuth', options: { query: 'Pass', optional: false } },
    { policy: 'jwt', options: { from: { kind: 'query', name: 'ticket' }, realm: 'shop' } },
    { policy: 'headers', options: { from: { kind: 'query', name: 'page' } } },
  ]);
  assert.equal(new Masking(names).query('pass=a&ticket=b&page=c&realm=d'), 'pass=***&ticket=***&page=c&realm=d');
});
