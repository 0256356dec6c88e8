import assert from 'node:assert/strict';
import { isIP } from 'node:net';
import { test } from 'node:test';
import fc from 'fast-check';
import { canonicalAddress, FAMILY, formatAddress, parseAddress } from '../../../src/decision/ip-address.ts';

const words = new Uint32Array(4);

test('text is an address exactly when node:net says so, zones aside', () => {
  const nearlyIPv4 = fc.array(fc.constantFrom('0', '1', '25', '255', '256', '01', '.', '.', 'a'), { maxLength: 9 });
  const nearlyIPv6 = fc.array(fc.constantFrom(':', ':', '::', '0', 'f', 'ffff', '12345', '1.2.3.4', '.', 'g'), {
    maxLength: 17,
  });
  const text = fc.oneof(
    nearlyIPv4.map((parts) => parts.join('')),
    nearlyIPv6.map((parts) => parts.join('')),
    fc.ipV4(),
    fc.ipV6(),
  );
  fc.assert(
    fc.property(text, (address) => {
      const isMapped = isIP(address) === 6 && canonicalAddress(address)?.includes(':') === false;
      assert.equal(parseAddress(address, words), isMapped ? FAMILY.IPV4 : isIP(address), address);
    }),
    { numRuns: 5000 },
  );
  assert.equal(parseAddress('fe80::1%eth0', words), FAMILY.NONE);
});

test('the text of an IPv6 address is the one of RFC 5952', () => {
  const cases: [string, string][] = [
    ['2001:0DB8:0:0:0:0:2:1', '2001:db8::2:1'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1'],
    ['0:0:0:0:0:0:0:0', '::'],
    ['1::', '1::'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['0:0:0:0:0:ffff:c000:201', '192.0.2.1'],
    ['::192.0.2.1', '::c000:201'],
  ];
  for (const [text, canonical] of cases) assert.equal(canonicalAddress(text), canonical);
});

test('bytes and text of an address lead to the same form, which leads to itself', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), fc.boolean(), (bytes, isMapped) => {
      if (isMapped) bytes.set([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff]);
      const groups = Array.from({ length: 8 }, (_, i) => ((bytes[2 * i] << 8) | bytes[2 * i + 1]).toString(16));
      const text = formatAddress(bytes);
      assert.equal(canonicalAddress(groups.join(':')), text);
      assert.equal(canonicalAddress(text), text);
      if (isMapped) assert.equal(formatAddress(bytes.slice(12).buffer), text);
    }),
    { numRuns: 1000 },
  );
  assert.equal(formatAddress(new Uint8Array(0)), '');
});
