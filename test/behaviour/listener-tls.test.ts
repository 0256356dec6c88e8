/** A TLS listener: the certificate for the name asked for, and nothing of the parser's chatter in the log. */
import assert from 'node:assert/strict';
import { after, type TestContext, test } from 'node:test';
import type { PeerCertificate, TLSSocket } from 'node:tls';
import { type Certificate, certificateAuthority } from '../support/certificates.ts';
import { rawClient } from '../support/raw-client.ts';
import { recordingOrigin } from '../support/recording-origin.ts';
import { head, plainGateway, send } from './plain-gateway.ts';

const lifetime = { after };
const authority = certificateAuthority(lifetime);
/** The first certificate is the default one, so this one is asked for under names that it lacks in the config. */
const main = authority.issue('default.test', 'second.test', 'unknown.test', 'a.b.wild.test');
const MAIN_NAMES = ['default.test', 'second.test', 'unknown.test', 'a.b.wild.test']
  .map((name) => `DNS:${name}`)
  .join(', ');
const shop = authority.issue('shop.test');
const wild = authority.issue('*.wild.test');
const entry = ({ certPath, keyPath }: Certificate, ...hosts: readonly string[]) => ({
  hosts,
  cert: certPath,
  key: keyPath,
});

const origin = await recordingOrigin(lifetime);
const gateway = await plainGateway(lifetime, origin.url, {
  accessLog: { to: 'stdout' },
  listener: {
    tls: {
      certificates: [entry(main, 'default.test', 'second.test'), entry(shop, 'shop.test'), entry(wild, '*.wild.test')],
    },
  },
});
const port = gateway.portOf('public');

/** Asks as `servername`; the certificate must be good for it. */
async function ask(t: TestContext, servername: string, target: string): Promise<{ status: number; names: string }> {
  const client = await rawClient(t, port, { tls: { ca: authority.cert, servername } });
  const certificate: PeerCertificate = (client.socket as TLSSocket).getPeerCertificate();
  const { status } = await client.exchange(head(`GET ${target} HTTP/1.1`, `Host: ${servername}`));
  return { status, names: certificate.subjectaltname ?? '' };
}

test('each server name gets its own certificate, and all reach the routes', async (t) => {
  for (const [name, certificate] of [
    ['default.test', MAIN_NAMES],
    ['second.test', MAIN_NAMES],
    ['shop.test', 'DNS:shop.test'],
    ['a.wild.test', 'DNS:*.wild.test'],
    ['b.wild.test', 'DNS:*.wild.test'],
  ]) {
    const { status, names } = await ask(t, name, `/sni/${name}`);
    assert.deepEqual([status, names], [200, certificate]);
    const seen = await origin.request(({ target }) => target === `/sni/${name}`);
    assert.equal(seen.header('x-forwarded-proto'), 'https');
  }
});

test('a server name without a certificate of its own gets the first one, and is served', async (t) => {
  for (const name of ['unknown.test', 'a.b.wild.test'])
    assert.deepEqual(await ask(t, name, '/default'), { status: 200, names: MAIN_NAMES });
});

test('names are the same in capitals: of a certificate, of a wildcard, and of none', async (t) => {
  for (const [name, certificate] of [
    ['SHOP.TEST', 'DNS:shop.test'],
    ['Shop.Test', 'DNS:shop.test'],
    ['A.Wild.TEST', 'DNS:*.wild.test'],
    ['UNKNOWN.test', MAIN_NAMES],
  ])
    assert.deepEqual(await ask(t, name, '/capitals'), { status: 200, names: certificate });
});

test('a connection serves several requests, whatever host they name', async (t) => {
  const client = await rawClient(t, port, { tls: { ca: authority.cert, servername: 'shop.test' } });
  for (const host of ['shop.test', 'other.test', 'shop.test'])
    assert.equal((await client.exchange(head('GET /again HTTP/1.1', `Host: ${host}`))).status, 200);
});

test('plain HTTP on a TLS listener ends the connection without an answer', async (t) => {
  const { statuses, closed } = await send(t, port, head('GET /plain HTTP/1.1', 'Host: a'));
  assert.deepEqual([statuses, closed], [[], true]);
  assert.equal(origin.seen.filter(({ target }) => target === '/plain').length, 0);
});

test('standard output holds what the gateway announces and one JSON line a request, nothing of the parser', async () => {
  await gateway.stop();
  const lines = gateway.stdout.trimEnd().split('\n');
  const isAnnouncement = (line: string): boolean => /^(listening on|serving|stopp|drain)/.test(line);
  const logged = lines.filter((line) => !isAnnouncement(line)).map((line) => JSON.parse(line) as { path: string });
  assert.deepEqual(
    logged.map(({ path }) => path),
    origin.seen.map(({ path }) => path),
  );
});
