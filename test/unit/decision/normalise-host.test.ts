import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { normaliseHost } from '../../../src/decision/normalise-host.ts';

test('a host is lower-cased and loses its port and its trailing dot', () => {
  const cases: [string, string][] = [
    ['example.com', 'example.com'],
    ['EXAMPLE.com', 'example.com'],
    ['example.com:8080', 'example.com'],
    ['example.com:', 'example.com'],
    ['example.com.', 'example.com'],
    ['Example.Com.:65535', 'example.com'],
    ['a_b-c', 'a_b-c'],
    ['10.0.0.1:80', '10.0.0.1'],
    ['[::1]:80', '[::1]'],
    ['[2001:DB8:0:0::1]', '[2001:db8::1]'],
    ['[::FFFF:10.0.0.1]', '[::ffff:10.0.0.1]'],
  ];
  for (const [raw, host] of cases) assert.equal(normaliseHost(raw), host, raw);
});

test('what is no host is refused', () => {
  const refused = [
    ...[
      '',
      '.',
      ':80',
      'a..b',
      '.a',
      'a b',
      'a/b',
      'user@a',
      'user:pw@a',
      'a:b',
      'a:65536',
      'a:-1',
      'a:8 0',
      'a:80:80',
      'a:000080',
    ],
    ...[
      '::1',
      '[::1',
      '::1]',
      '[::1]x',
      '[::1]:x',
      '[fe80::1%25eth0]',
      '[]',
      '[10.0.0.1]',
      '[v1.a]',
      'a%2eb',
      'é.com',
      'a,b',
      'a\0',
    ],
    ...['a.b..', 'a?', 'a#', 'a\\b', `${'a'.repeat(254)}`],
  ];
  for (const raw of refused) assert.equal(normaliseHost(raw), null, raw);
});

test('the form of a host is a fixed point, and no spelling of a name has another', () => {
  const label = fc.stringMatching(/^[a-z0-9_-]{1,10}$/);
  const name = fc.array(label, { minLength: 1, maxLength: 5 }).map((labels) => labels.join('.'));
  fc.assert(
    fc.property(
      name,
      fc.boolean(),
      fc.constantFrom('', '.'),
      fc.constantFrom('', ':', ':1', ':443'),
      (host, upper, dot, port) => {
        assert.equal(normaliseHost((upper ? host.toUpperCase() : host) + dot + port), host);
        assert.equal(normaliseHost(host), host);
      },
    ),
  );
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 20 }), (raw) => {
      const host = normaliseHost(raw);
      if (host !== null) assert.match(host, /^([a-z0-9_.-]+|\[[0-9a-f:.]+\])$/);
      if (host !== null) assert.equal(normaliseHost(host), host);
    }),
  );
});
