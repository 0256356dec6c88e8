import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { after, describe, it } from 'node:test';
import type { HttpResponse } from '../../../../native-bindings/uws-types.ts';
import type { RequestHead } from '../../../../src/acceptor/listener/downstream.ts';
import { ClientCertificates } from '../../../../src/acceptor/listener/uws/client-certificates.ts';
import { certificateAuthority } from '../../../support/certificates.ts';

const { cert } = certificateAuthority({ after }).issue('client.test');
const notAfter = Date.parse(new X509Certificate(cert).validTo);
const RULES = { authorities: { file: '', pem: '' }, required: true, forward: 'client-cert' };

/** What becomes of a request on a connection whose client has shown this. */
function identified(pem: string, { required = true, now = 0 } = {}): Pick<RequestHead, 'fault' | 'headers'> {
  const head = { fault: null, headers: ['accept', '*/*'], clientCertificate: null } as unknown as RequestHead;
  const res = { getX509Certificate: () => pem } as unknown as HttpResponse;
  new ClientCertificates({ ...RULES, required }, () => now).identify(res, head);
  return { fault: head.fault, headers: head.headers };
}

describe('the certificate of a connection', () => {
  it('goes with the request, in the header that was wished for', () => {
    const { fault, headers } = identified(cert);
    assert.deepEqual([fault, headers.slice(0, 3)], [null, ['accept', '*/*', 'client-cert']]);
  });

  it('is good to its last moment, and not a moment longer, whether or not one is required', () => {
    assert.equal(identified(cert, { now: notAfter }).fault, null);
    for (const required of [true, false]) {
      const { fault, headers } = identified(cert, { now: notAfter + 1, required });
      assert.deepEqual([fault, headers], ['client_certificate_refused', ['accept', '*/*']]);
    }
  });

  it('is refused when it cannot be read, and missed only where one is required', () => {
    assert.equal(identified('-----BEGIN CERTIFICATE-----').fault, 'client_certificate_refused');
    assert.equal(identified('').fault, 'client_certificate_required');
    assert.equal(identified('', { required: false }).fault, null);
  });
});
