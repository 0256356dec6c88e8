/** TLS to upstreams: verified unless the configuration says otherwise in as many words. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { after, describe, it } from 'node:test';
import { createServer, type TLSSocket } from 'node:tls';
import { filler } from '../support/byte-source.ts';
import { type Certificate, certificateAuthority } from '../support/certificates.ts';
import { startGateway } from '../support/gateway.ts';
import { proxyConfig } from '../support/proxy-config.ts';
import { requestOnce } from '../support/raw-client.ts';

const authority = certificateAuthority({ after });
const stranger = certificateAuthority({ after });
const LARGE = filler('over TLS', 3_000_000);

/** Names that clients asked for with SNI; false: none. */
const asked: (string | false)[] = [];

/** Answers every request with a large body and closes. */
async function tlsOrigin({ cert, key }: Certificate): Promise<string> {
  const server = createServer({ cert, key }, (socket: TLSSocket) => {
    asked.push(socket.servername as string | false);
    socket.once('data', () => {
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${LARGE.length}\r\nConnection: close\r\n\r\n`);
      socket.end(LARGE);
    });
    socket.on('error', () => {});
  });
  server.on('tlsClientError', () => {});
  after(() => server.close());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const byAddress = await tlsOrigin(authority.issue('127.0.0.1'));
const byName = await tlsOrigin(authority.issue('orders.test'));
const unknown = await tlsOrigin(stranger.issue('127.0.0.1'));
const ca = authority.certPath;
const gateway = await startGateway(
  { after },
  proxyConfig({
    upstreams: {
      unverified: { endpoints: [unknown], tls: { verify: false } },
      system: [byAddress],
      trusted: { endpoints: [byAddress], tls: { ca } },
      stranger: { endpoints: [unknown], tls: { ca } },
      wrongName: { endpoints: [byName], tls: { ca } },
      named: { endpoints: [byName], tls: { ca, serverName: 'orders.test' } },
      otherName: { endpoints: [byName], tls: { ca, serverName: 'other.test' } },
      plain: [byAddress.replace('https', 'http')],
    },
    routes: Object.fromEntries(
      ['unverified', 'system', 'trusted', 'stranger', 'wrongName', 'named', 'otherName', 'plain'].map((name) => [
        `/${name}`,
        name,
      ]),
    ),
  }),
);

const ask = (name: string) =>
  requestOnce({ after }, gateway.portOf('public'), `GET /${name} HTTP/1.1\r\nHost: h\r\n\r\n`);

describe('a certificate is accepted', () => {
  for (const [why, name] of [
    ["when the upstream's own `ca` signed it for the address", 'trusted'],
    ['when it names the configured `serverName`', 'named'],
    ['whatever it is, with `verify: false`', 'unverified'],
  ] as const) {
    it(why, async () => {
      const response = await ask(name);
      assert.equal(response.status, 200);
      assert.ok(response.body.equals(LARGE));
    });
  }
});

describe('a certificate is refused, with 502 upstream_tls_failed,', () => {
  for (const [why, name] of [
    ['when nobody the system trusts signed it', 'system'],
    ['when another authority than `ca` signed it', 'stranger'],
    ['when it is for another name than the address', 'wrongName'],
    ['when it is for another name than `serverName`', 'otherName'],
  ] as const) {
    it(why, async () => {
      const response = await ask(name);
      assert.deepEqual([response.status, response.header('penstock-error')], [502, 'upstream_tls_failed']);
    });
  }
});

it('the configured name is sent as SNI, an address never', async () => {
  asked.length = 0;
  await ask('named');
  await ask('trusted');
  assert.deepEqual(asked, ['orders.test', false]);
});

it('an origin that speaks TLS on a plain endpoint is a 502, not a hang', async () => {
  assert.equal((await ask('plain')).status, 502);
});
