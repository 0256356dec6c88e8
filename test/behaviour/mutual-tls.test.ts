/** Certificates on both sides: what clients have to show to the gateway, and what the gateway shows to upstreams. */
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { copyFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { after, describe, it, type TestContext } from 'node:test';
import { connect as connectTls, createServer, type TLSSocket } from 'node:tls';
import { certificateAuthority } from '../support/certificates.ts';
import { startGateway } from '../support/gateway.ts';
import { rawClient } from '../support/raw-client.ts';
import { recordingOrigin } from '../support/recording-origin.ts';
import { head } from './plain-gateway.ts';

const lifetime = { after };
const authority = certificateAuthority(lifetime);
const stranger = certificateAuthority(lifetime);
const server = authority.issue('a.test', 'b.test');
const alice = authority.issue('alice.test');
const mallory = stranger.issue('alice.test');
const ofGateway = authority.issue('gateway.test');
const renewed = authority.issue('renewed.test');
const origin = await recordingOrigin(lifetime);

/** Wants a certificate of the authority, and answers with the name it was shown. */
const inner = createServer(
  { cert: server.cert, key: server.key, ca: authority.cert, requestCert: true, rejectUnauthorized: true },
  (socket: TLSSocket) => {
    const name = String(socket.getPeerCertificate().subject.CN);
    socket.once('data', () =>
      socket.end(`HTTP/1.1 200 OK\r\nContent-Length: ${name.length}\r\nConnection: close\r\n\r\n${name}`),
    );
    socket.on('error', () => {});
  },
);
inner.on('tlsClientError', () => {});
inner.listen(0, '127.0.0.1');
await once(inner, 'listening');
after(() => inner.close());
const innerUrl = `https://127.0.0.1:${(inner.address() as AddressInfo).port}`;

const certificates = [server, authority.issue('c.test')].map(({ certPath, keyPath }, index) => ({
  hosts: index === 0 ? ['a.test', 'b.test'] : ['c.test'],
  cert: certPath,
  key: keyPath,
}));
const clientTls = { ca: authority.certPath, serverName: 'a.test' };
const gateway = await startGateway(lifetime, {
  version: 1,
  listeners: [
    {
      name: 'required',
      address: '127.0.0.1:0',
      tls: { certificates, clientCertificates: { ca: authority.certPath, forward: 'Client-Cert' } },
    },
    {
      name: 'optional',
      address: '127.0.0.1:0',
      tls: { profile: 'modern', certificates, clientCertificates: { ca: authority.certPath, required: false } },
    },
    { name: 'plain', address: '127.0.0.1:0' },
  ],
  admin: { address: '127.0.0.1:0' },
  runtime: { acceptors: 1 },
  telemetry: { accessLog: 'none' },
  consumers: { alice: { certificates: ['DNS:alice.test'] } },
  upstreams: {
    origin: { endpoints: [origin.url] },
    mutual: { endpoints: [innerUrl], tls: { ...clientTls, cert: ofGateway.certPath, key: ofGateway.keyPath } },
    anonymous: { endpoints: [innerUrl], tls: clientTls },
  },
  routes: [
    { name: 'all', match: { path: '/*' }, forward: { upstream: 'origin' } },
    {
      name: 'facts',
      match: { path: '/facts/*' },
      policies: [
        {
          headers: {
            request: {
              set: {
                'x-subject': `\${client.certificate.subject}`,
                'x-fingerprint': `\${client.certificate.fingerprint}`,
                'x-names': `\${client.certificate.names}`,
              },
            },
          },
        },
      ],
      forward: { upstream: 'origin' },
    },
    {
      name: 'whose',
      match: { path: '/whose' },
      policies: [{ clientCertificate: { consumerHeader: 'x-consumer' } }],
      forward: { upstream: 'origin' },
    },
    ...['mutual', 'anonymous'].map((name) => ({ name, match: { path: `/${name}` }, forward: { upstream: name } })),
  ],
} as never);

type Shown = { readonly cert: string; readonly key: string } | null;

async function ask(
  t: TestContext,
  listener: string,
  shown: Shown,
  target: string,
  more: { readonly servername?: string; readonly lines?: readonly string[] } = {},
) {
  const { servername = 'a.test', lines = [] } = more;
  const client = await rawClient(t, gateway.portOf(listener), {
    tls: { ca: authority.cert, servername, ...(shown === null ? {} : { cert: shown.cert, key: shown.key }) },
  });
  return client.exchange(head(`GET ${target} HTTP/1.1`, 'Host: h', ...lines));
}

const codeOf = (response: { readonly status: number; header(name: string): string | null | undefined }) => [
  response.status,
  response.header('penstock-error'),
];

describe('a listener that requires client certificates', () => {
  it('serves who has one, under every name, and tells the upstream in a header that nobody else can set', async (t) => {
    for (const servername of ['a.test', 'b.test', 'c.test']) {
      const target = `/${servername}`;
      const lines = ['Client-Cert: :Zm9yZ2Vk:', 'client_cert: :Zm9yZ2Vk:'];
      assert.equal((await ask(t, 'required', alice, target, { servername, lines })).status, 200);
      const seen = await origin.request((request) => request.target === target);
      assert.deepEqual(
        seen.headers.filter(([name]) => /client.cert/i.test(name)).map(([, value]) => value),
        [`:${new X509Certificate(alice.cert).raw.toString('base64')}:`],
      );
    }
  });

  it('answers who has none with 403 client_certificate_required, and forwards nothing', async (t) => {
    for (const servername of ['a.test', 'c.test', 'unknown.test']) {
      const port = gateway.portOf('required');
      const socket = connectTls({
        port,
        host: '127.0.0.1',
        ca: authority.cert,
        servername,
        checkServerIdentity: () => undefined,
      });
      t.after(() => socket.destroy());
      socket.write(head('GET /none HTTP/1.1', 'Host: h'));
      let text = '';
      for await (const piece of socket) text += piece;
      assert.match(text, /^HTTP\/1\.1 403 .*penstock-error: client_certificate_required\r\n/s);
    }
    assert.equal(origin.seen.filter(({ target }) => target === '/none').length, 0);
  });

  it('ends the handshake with who has one of another authority', async (t) => {
    await assert.rejects(ask(t, 'required', mallory, '/stranger'));
    assert.equal(origin.seen.filter(({ target }) => target === '/stranger').length, 0);
  });
});

describe('a listener that takes client certificates', () => {
  it('gives policies what is in one, and nothing where there is none', async (t) => {
    assert.equal((await ask(t, 'optional', alice, '/facts/alice')).status, 200);
    const { fingerprint256 } = new X509Certificate(alice.cert);
    const seen = await origin.request(({ target }) => target === '/facts/alice');
    assert.deepEqual(
      ['x-subject', 'x-fingerprint', 'x-names'].map((name) => seen.header(name)),
      ['CN=alice.test', fingerprint256.replaceAll(':', '').toLowerCase(), 'DNS:alice.test'],
    );
    assert.equal((await ask(t, 'optional', null, '/facts/none', { lines: ['X-Subject: CN=alice.test'] })).status, 200);
    assert.equal((await origin.request(({ target }) => target === '/facts/none')).header('x-subject'), undefined);
  });

  it('lets a policy find the consumer whose it is, and refuses on its route who has none', async (t) => {
    assert.equal((await ask(t, 'optional', alice, '/whose')).status, 200);
    assert.equal((await origin.request(({ target }) => target === '/whose')).header('x-consumer'), 'alice');
    assert.deepEqual(codeOf(await ask(t, 'optional', null, '/whose')), [403, 'client_certificate_required']);
    assert.deepEqual(codeOf(await ask(t, 'optional', renewed, '/whose')), [403, 'consumer_unknown']);
  });

  it('keeps the header of another listener from being forged', async (t) => {
    const client = await rawClient(t, gateway.portOf('plain'));
    await client.exchange(head('GET /forged HTTP/1.1', 'Host: h', 'Client-Cert: :Zm9yZ2Vk:'));
    const seen = await origin.request(({ target }) => target === '/forged');
    assert.equal(seen.header('client-cert'), undefined);
  });
});

describe('profiles', () => {
  const versionOf = (t: TestContext, listener: string, options: object): Promise<string> =>
    new Promise((resolve) => {
      const port = gateway.portOf(listener);
      const socket = connectTls({ port, host: '127.0.0.1', ca: authority.cert, servername: 'c.test', ...options });
      t.after(() => socket.destroy());
      socket.on('secureConnect', () => resolve(`${socket.getProtocol()} ${socket.getCipher().name}`));
      socket.on('error', ({ message }) => resolve(/alert handshake failure/.test(message) ? 'refused' : message));
    });

  it('intermediate takes TLS 1.2 with forward secrecy and authenticated encryption', async (t) => {
    assert.match(await versionOf(t, 'required', {}), /^TLSv1\.3/);
    assert.match(await versionOf(t, 'required', { maxVersion: 'TLSv1.2' }), /^TLSv1\.2 ECDHE-ECDSA-AES\d+-GCM/);
    assert.equal(
      await versionOf(t, 'required', { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES128-SHA' }),
      'refused',
    );
  });

  it('modern takes TLS 1.3 alone, whatever a client offers', async (t) => {
    assert.match(await versionOf(t, 'optional', {}), /^TLSv1\.3/);
    const pskCallback = () => ({ psk: Buffer.alloc(16), identity: 'x' });
    for (const options of [{}, { ciphers: 'ALL:PSK:@SECLEVEL=0' }, { ciphers: 'ALL:PSK:@SECLEVEL=0', pskCallback }])
      assert.equal(await versionOf(t, 'optional', { maxVersion: 'TLSv1.2', ...options }), 'refused');
  });
});

describe('an upstream that wants a certificate', () => {
  it('is shown the one of its config', async (t) => {
    const response = await ask(t, 'required', alice, '/mutual');
    assert.deepEqual([response.status, response.body.toString()], [200, 'gateway.test']);
  });

  it('is shown the new one once its files change, for connections from then on', async (t) => {
    copyFileSync(renewed.keyPath, ofGateway.keyPath);
    copyFileSync(renewed.certPath, ofGateway.certPath);
    await gateway.printed(/the certificate in \S+ is renewed/);
    assert.equal((await ask(t, 'required', alice, '/mutual')).body.toString(), 'renewed.test');
  });

  it('ends the connection where there is none, which is a 502', async (t) => {
    const [status, code] = codeOf(await ask(t, 'required', alice, '/anonymous'));
    assert.equal(status, 502);
    assert.match(String(code), /^upstream_(closed|tls_failed)$/);
  });
});
