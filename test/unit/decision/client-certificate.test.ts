import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { after, describe, it } from 'node:test';
import fc from 'fast-check';
import { oneLine, readClientCertificate } from '../../../src/decision/client-certificate.ts';
import { certificateAuthority } from '../../support/certificates.ts';

/** Names as Node writes them: no line feed, and a backslash always before what it escapes. */
const value = fc
  .array(fc.constantFrom('a', ' ', ',', '+', '"', ';', '=', '<', 'O=', '\\\\', '\\0A', 'ä'), { maxLength: 6 })
  .map((parts) => parts.join(''));
const names = fc.array(
  fc.tuple(fc.constantFrom('CN', 'O', 'OU', 'C'), value).map(([type, text]) => `${type}=${text}`),
  { maxLength: 4 },
);

describe('names of a certificate in one line', () => {
  it('stand in the order of RFC 4514, with what would end a name escaped', () => {
    assert.equal(oneLine('C=DE\nO=Example, Inc.\nCN=orders'), 'CN=orders,O=Example\\, Inc.,C=DE');
    assert.equal(oneLine(undefined), '');
  });

  it('are never those of another subject', () => {
    fc.assert(
      fc.property(names, names, (one, two) => {
        fc.pre(one.join('\n') !== two.join('\n') && one.length > 0 && two.length > 0);
        assert.notEqual(oneLine(one.join('\n')), oneLine(two.join('\n')));
      }),
    );
  });
});

describe('a client certificate', () => {
  it('is read whole, with its bytes as a structured header has them', () => {
    const { cert } = certificateAuthority({ after }).issue('client.test');
    const certificate = readClientCertificate(cert);
    assert.equal(certificate.subject, 'CN=client.test');
    assert.equal(certificate.issuer, 'CN=test authority');
    assert.match(certificate.fingerprint, /^[0-9a-f]{64}$/);
    assert.equal(certificate.names, 'DNS:client.test');
    const [, base64] = /^:([A-Za-z0-9+/=]+):$/.exec(certificate.headerValue)!;
    assert.deepEqual(Buffer.from(base64!, 'base64'), new X509Certificate(cert).raw);
  });

  it('that is none is an error', () => {
    fc.assert(fc.property(fc.string(), (text) => assert.throws(() => readClientCertificate(text))));
  });
});
