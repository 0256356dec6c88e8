import assert from 'node:assert/strict';
import { randomBytes, scryptSync } from 'node:crypto';
import { it } from 'node:test';
import { PasswordChecks } from '../../../../src/acceptor/policies/password-checks.ts';
import { ConsumerTable } from '../../../../src/decision/consumers.ts';
import { dryHost } from '../../../../src/decision/dry-run.ts';
import {
  checkPassword,
  formatPasswordHash,
  hashPassword,
  parsePasswordHash,
} from '../../../../src/decision/passwords.ts';
import { PASSWORD } from '../../../../src/decision/policies/host.ts';
import { ask, makePolicy } from '../../../support/policies.ts';

/** As cheap as is allowed. */
function cheapHash(password: string): string {
  const cost = { ln: 10, r: 1, p: 1 };
  const salt = randomBytes(16);
  return formatPasswordHash({ ...cost, salt, hash: scryptSync(password, salt, 32, { N: 1024, r: 1, p: 1 }) });
}

it('a flood of guesses gets 18 checks at a time, and all else is told that it is too much', async () => {
  const checks = new PasswordChecks();
  const hashes = [cheapHash('right')];
  const results = await Promise.all(Array.from({ length: 30 }, (_, index) => checks.check(`guess ${index}`, hashes)));
  assert.equal(results.filter((result) => result === PASSWORD.WRONG).length, 18);
  assert.equal(results.filter((result) => result === PASSWORD.OVERLOADED).length, 12);
  assert.equal(await checks.check('right', hashes), PASSWORD.RIGHT, 'its places are free again');
});

it('remembers what was right, and only for these hashes', async () => {
  const checks = new PasswordChecks();
  const hashes = [cheapHash('right'), cheapHash('left')];
  assert.equal(checks.remembers('right', hashes), false);
  assert.equal(await checks.check('wrong', hashes), PASSWORD.WRONG);
  assert.equal(await checks.check('left', hashes), PASSWORD.RIGHT);
  assert.equal(checks.remembers('left', hashes), true);
  assert.equal(checks.remembers('wrong', hashes), false);
  assert.equal(checks.remembers('left', [hashes[0]!]), false);
});

it('the same password at the same time is one check', () => {
  const checks = new PasswordChecks();
  const hashes = [cheapHash('right')];
  assert.equal(checks.check('right', hashes), checks.check('right', hashes));
});

it('a check that cannot be made now is a 503', async () => {
  const consumers = new ConsumerTable([
    { name: 'a', groups: [], keyDigests: [], subjects: [], certificates: [], passwords: [cheapHash('x')] },
  ]);
  const passwords = { remembers: () => false, check: async () => PASSWORD.OVERLOADED };
  const policy = makePolicy('basicAuth', {}, dryHost({ consumers, passwords }));
  const { decision } = await ask(policy, { headers: ['authorization', `Basic ${btoa('a:x')}`] });
  assert.equal(decision.error, 'offload_overloaded');
});

it('a user who is none is checked against as costly a hash, and never let in', async () => {
  const hash = cheapHash('x');
  const consumers = new ConsumerTable([
    { name: 'a', groups: [], keyDigests: [], subjects: [], certificates: [], passwords: [hash] },
  ]);
  const seen: (readonly string[])[] = [];
  const passwords = {
    remembers: () => true,
    check: async (_: string, hashes: readonly string[]) => {
      seen.push(hashes);
      return PASSWORD.RIGHT;
    },
  };
  const policy = makePolicy('basicAuth', {}, dryHost({ consumers, passwords }));
  const { decision } = await ask(policy, { headers: ['authorization', `Basic ${btoa('b:x')}`] });
  assert.equal(decision.error, 'credentials_invalid');
  const cost = ({ ln, r, p }: { ln: number; r: number; p: number }) => [ln, r, p];
  assert.deepEqual(cost(parsePasswordHash(seen[0]![0]!)!), cost(parsePasswordHash(hash)!));
});

it('a hash is read as it was printed, and one that costs too much or too little is none', async () => {
  const text = await hashPassword('pässword', Buffer.alloc(16, 7));
  assert.match(text, /^\$scrypt\$ln=15,r=8,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
  assert.equal(await checkPassword('pässword'.normalize('NFD'), [text]), PASSWORD.RIGHT);
  assert.equal(formatPasswordHash(parsePasswordHash(text)!), text);
  for (const wrong of [
    '',
    'secret',
    text.replace('ln=15', 'ln=9'),
    text.replace('ln=15', 'ln=20'),
    text.replace('p=1', 'p=9'),
    `${text} `,
  ])
    assert.equal(parsePasswordHash(wrong), null, wrong);
});
