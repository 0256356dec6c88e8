import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { CidrSet } from '../../../src/decision/cidr.ts';
import { Forwarded, type ForwardedFacts, resolveForwarded } from '../../../src/decision/forwarded.ts';

const TRUSTED = CidrSet.parse(['10.0.0.0/8', '2001:db8::/32']);

function resolve(given: Partial<ForwardedFacts>, trusted = TRUSTED): Forwarded {
  const result = new Forwarded();
  const nothing = { forwardedFor: null, forwardedProto: null, forwardedHost: null };
  resolveForwarded({ peer: '10.0.0.1', scheme: 'http', rawHost: 'seen.test', ...nothing, ...given }, trusted, result);
  return result;
}

test('an untrusted peer is the client, and what it claims is replaced', () => {
  const claims = { forwardedFor: '1.2.3.4', forwardedProto: 'https', forwardedHost: 'forged.test' };
  const result = resolve({ peer: '192.0.2.7', ...claims });
  assert.deepEqual({ ...result }, { clientIp: '192.0.2.7', for: '192.0.2.7', proto: 'http', host: 'seen.test' });
});

test('without headers a trusted peer is the client itself', () => {
  assert.deepEqual({ ...resolve({}) }, { clientIp: '10.0.0.1', for: '10.0.0.1', proto: 'http', host: 'seen.test' });
});

test('a trusted peer continues the chain, and the client is its rightmost entry that is not trusted', () => {
  const chains: [string, string][] = [
    ['192.0.2.7', '192.0.2.7'],
    ['6.6.6.6, 192.0.2.7', '192.0.2.7'],
    ['6.6.6.6,192.0.2.7 ,  10.9.9.9,10.8.8.8', '192.0.2.7'],
    ['10.5.5.5, 10.6.6.6', '10.5.5.5'],
    ['192.0.2.7:4711, [2001:db8::9]:443', '192.0.2.7'],
    ['2001:DB9:0::1', '2001:db9::1'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['192.0.2.7, unknown, 10.6.6.6', '10.6.6.6'],
    ['192.0.2.7, _hidden', '10.0.0.1'],
    ['192.0.2.7,', '10.0.0.1'],
    [',', '10.0.0.1'],
    ['', '10.0.0.1'],
  ];
  for (const [chain, client] of chains) {
    const result = resolve({ forwardedFor: chain });
    assert.equal(result.clientIp, client, chain);
    assert.equal(result.for, chain === '' ? '10.0.0.1' : `${chain}, 10.0.0.1`);
  }
});

test('scheme and host go on from a trusted peer when they are well-formed', () => {
  assert.equal(resolve({ forwardedProto: 'HTTPS' }).proto, 'https');
  for (const wrong of ['', 'gopher', 'https, http', 'https\u0000'])
    assert.equal(resolve({ forwardedProto: wrong }).proto, 'http');
  assert.equal(resolve({ forwardedHost: 'Shop.test:8443' }).host, 'Shop.test:8443');
  for (const wrong of ['', 'a b', 'user@a', 'a, b']) assert.equal(resolve({ forwardedHost: wrong }).host, 'seen.test');
});

test('a peer on a unix socket has no address and is believed', () => {
  const result = resolve({ peer: '', forwardedFor: '192.0.2.7' }, CidrSet.parse([]));
  assert.equal(result.clientIp, '192.0.2.7');
  assert.equal(result.for, '192.0.2.7');
});

test('whatever a client writes before the entry of the first trusted proxy, the client stays the client', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 60 }), fc.ipV4(), (forged, client) => {
      if (TRUSTED.has(client)) return;
      assert.equal(resolve({ forwardedFor: `${forged}, ${client}, 10.3.3.3` }).clientIp, client);
    }),
  );
});
