import assert from 'node:assert/strict';
import { BlockList } from 'node:net';
import { test } from 'node:test';
import fc from 'fast-check';
import { CidrSet } from '../../../src/decision/cidr.ts';

// Few distinct bits, so that blocks nest, touch and are hit.
const octet = fc.constantFrom(0, 1, 10, 127, 128, 255);
const ipv4 = fc.tuple(octet, octet, octet, octet).map((octets) => octets.join('.'));
const group = fc.constantFrom('0', '1', '8000', 'ffff', 'db8');
const ipv6 = fc.array(group, { minLength: 8, maxLength: 8 }).map((groups) => groups.join(':'));
const familyOf = (address: string) => (address.includes(':') ? 'ipv6' : 'ipv4');
const isMapped = (address: string) => address.startsWith('0:0:0:0:0:ffff:');
const block = fc.oneof(
  fc.tuple(ipv4, fc.nat(32)),
  fc.tuple(
    ipv6.filter((address) => !isMapped(address)),
    fc.integer({ min: 1, max: 128 }),
  ),
);

test('an address is in the set exactly when node:net BlockList says so', () => {
  fc.assert(
    fc.property(
      fc.array(block, { maxLength: 12 }),
      fc.array(fc.oneof(ipv4, ipv6), { maxLength: 30 }),
      (blocks, addresses) => {
        const set = CidrSet.parse(blocks.map(([address, prefix]) => `${address}/${prefix}`));
        // One list per family: a BlockList takes 0.0.0.0 for a member of ::/1, a CidrSet does not.
        const oracle = { ipv4: new BlockList(), ipv6: new BlockList() };
        for (const [address, prefix] of blocks) oracle[familyOf(address)].addSubnet(address, prefix, familyOf(address));
        for (const address of [...addresses.filter((text) => !isMapped(text)), ...blocks.map(([text]) => text)]) {
          assert.equal(set.has(address), oracle[familyOf(address)].check(address, familyOf(address)), address);
        }
      },
    ),
    { numRuns: 1500 },
  );
});

test('a mapped address is the IPv4 address, in blocks and in questions', () => {
  assert.equal(CidrSet.parse(['10.0.0.0/8']).has('::ffff:10.1.2.3'), true);
  assert.equal(CidrSet.parse(['::ffff:10.0.0.0/104']).has('10.1.2.3'), true);
  assert.equal(CidrSet.parse(['::ffff:10.0.0.1']).has('10.0.0.2'), false);
  assert.equal(CidrSet.parse(['::/0']).has('10.0.0.1'), false, 'a rule about IPv6 says nothing of IPv4');
  assert.equal(CidrSet.parse(['0.0.0.0/0']).has('::1'), false);
});

test('bits below the prefix are ignored, and a bare address is itself', () => {
  const set = CidrSet.parse(['192.0.2.77/24', '2001:db8::1']);
  assert.equal(set.has('192.0.2.1'), true);
  assert.equal(set.has('2001:db8::1'), true);
  assert.equal(set.has('2001:db8::2'), false);
});

test('a block that cannot be read is named; text that is no address is in no set', () => {
  for (const wrong of [
    '',
    '10.0.0.0/33',
    '10.0.0/8',
    '::/129',
    '10.0.0.0/',
    '10.0.0.0/8/8',
    '10.0.0.0/-1',
    'lan',
    '::ffff:0:0/95',
    '::1%lo/128',
  ]) {
    assert.throws(
      () => CidrSet.parse(['10.0.0.0/8', wrong]),
      (error: Error) => error instanceof SyntaxError && error.message.includes(`"${wrong}"`),
    );
  }
  for (const text of ['', 'lan', '10.0.0.0/8', '10.0.0.256'])
    assert.equal(CidrSet.parse(['0.0.0.0/0', '::/0']).has(text), false);
  assert.equal(CidrSet.parse([]).has('10.0.0.1'), false);
});
