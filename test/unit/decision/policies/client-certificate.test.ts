import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type ClientCertificate, certificateName } from '../../../../src/decision/client-certificate.ts';
import { ConsumerTable } from '../../../../src/decision/consumers.ts';
import { dryHost } from '../../../../src/decision/dry-run.ts';
import { PASS, REFUSED } from '../../../../src/decision/policies/verdict.ts';
import { ask, makePolicy } from '../../../support/policies.ts';
import { configOf, diagnose } from '../../config/diagnose.ts';

const FINGERPRINT = 'ab'.repeat(32);
const acme = {
  name: 'acme',
  groups: [],
  keyDigests: [],
  subjects: [],
  certificates: [FINGERPRINT, 'URI:spiffe://acme/orders', 'CN=acme,O=Acme'],
  passwords: [],
};
const host = dryHost({ consumers: new ConsumerTable([acme]) });
const certificate = (parts: Partial<ClientCertificate>): ClientCertificate => ({
  subject: 'CN=nobody',
  issuer: 'CN=ca',
  fingerprint: '00'.repeat(32),
  serial: '01',
  names: null,
  notAfter: 0,
  headerValue: '::',
  ...parts,
});
const consumerOf = async (parts: Partial<ClientCertificate>): Promise<string | undefined> => {
  const { decision } = await ask(makePolicy('clientCertificate', {}, host), { clientCertificate: certificate(parts) });
  return decision.consumer?.name;
};

describe('clientCertificate', () => {
  it('finds a consumer by fingerprint, by one of the other names, and by the whole subject', async () => {
    assert.equal(await consumerOf({ fingerprint: FINGERPRINT }), 'acme');
    assert.equal(await consumerOf({ names: 'DNS:a.test, URI:spiffe://acme/orders' }), 'acme');
    assert.equal(await consumerOf({ subject: 'CN=acme,O=Acme' }), 'acme');
    for (const subject of ['CN=acme', 'CN=acme,O=Acme,C=DE', 'CN=acme\\,O=Acme'])
      assert.equal(await consumerOf({ subject }), undefined);
  });

  it('takes no name for another that is only written within it', async () => {
    const piece = fc.constantFrom('URI:spiffe://acme/orders', ', ', 'a', 'DNS:', '\\', '"', ',');
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 6 }), async (pieces) => {
        // As Node writes a name with a comma or a quote in it.
        const names = `DNS:b.test, URI:${JSON.stringify(`x,${pieces.join('')}`)}, DNS:c.test`;
        assert.equal(await consumerOf({ names }), undefined);
      }),
    );
  });

  it('refuses a request without a certificate unless it is optional, and the certificate of nobody in any case', async () => {
    const policy = makePolicy('clientCertificate', {}, host);
    const optional = makePolicy('clientCertificate', { optional: true, consumerHeader: 'x-consumer' }, host);
    const none = await ask(policy, {});
    assert.deepEqual([none.verdict, none.decision.error], [REFUSED, 'client_certificate_required']);
    const passed = await ask(optional, { headers: ['x-consumer', 'acme'] });
    assert.deepEqual([passed.verdict, passed.decision.header('x-consumer')], [PASS, null]);
    for (const each of [policy, optional]) {
      const { verdict, decision } = await ask(each, { clientCertificate: certificate({}) });
      assert.deepEqual([verdict, decision.error], [REFUSED, 'consumer_unknown']);
    }
  });
});

describe('certificates of consumers', () => {
  const consumers = (first: string, second: string): string =>
    `version: 1\nlisteners: [{ name: a, address: 127.0.0.1:1 }]\nconsumers:\n  a: { certificates: ["${first}"] }\n  b: { certificates: ["${second}"] }\n`;

  it('may write a fingerprint in any way, and nothing stands at two of them', () => {
    const spelled = FINGERPRINT.toUpperCase().replace(/..(?!$)/g, '$&:');
    assert.equal(certificateName(spelled), FINGERPRINT);
    assert.match(diagnose(consumers(spelled, FINGERPRINT)).join(), /^5:\d+: this certificate stands twice/);
    assert.deepEqual(configOf(consumers('CN=a', 'CN=A')).consumers['a']!.certificates, ['CN=a']);
  });
});
