/** Certificates that change under a gateway that serves: nobody is cut off, new connections see the new one. */
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { copyFileSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, it, type TestContext } from 'node:test';
import type { TLSSocket } from 'node:tls';
import { readMetrics, readStatus, until } from '../support/admin.ts';
import { type Certificate, certificateAuthority } from '../support/certificates.ts';
import { startGateway } from '../support/gateway.ts';
import { rawClient } from '../support/raw-client.ts';
import { simpleOrigin } from '../support/simple-origin.ts';
import { steadyLoad } from '../support/steady-load.ts';
import { tempDir } from '../support/temp-dir.ts';

const lifetime = { after };
const authority = certificateAuthority(lifetime);
const [first, second, third] = [0, 1, 2].map(() => authority.issue('shop.test', 'linked.test')) as [
  Certificate,
  Certificate,
  Certificate,
];
const serialOf = ({ cert }: Pick<Certificate, 'cert'>): string => new X509Certificate(cert).serialNumber;

interface Files {
  readonly cert: string;
  readonly key: string;
}

const filesIn = (folder: string): Files => ({ cert: join(folder, 'tls.crt'), key: join(folder, 'tls.key') });

/** Puts a certificate where the gateway reads it, each file at once as `mv` would. */
function install({ cert, key }: Files, { certPath, keyPath }: Certificate): void {
  for (const [from, to] of [
    [certPath, cert],
    [keyPath, key],
  ] as const) {
    copyFileSync(from, `${to}.new`);
    renameSync(`${to}.new`, to);
  }
}

/** A folder as an orchestrator keeps a secret in: files are links through a link to the folder that counts. */
const linkedFolder = tempDir(lifetime);
for (const [name, certificate] of Object.entries({ '..one': first, '..two': second })) {
  mkdirSync(join(linkedFolder, name));
  install(filesIn(join(linkedFolder, name)), certificate);
}
symlinkSync('..one', join(linkedFolder, '..data'));
for (const name of ['tls.crt', 'tls.key']) symlinkSync(`..data/${name}`, join(linkedFolder, name));

const files = filesIn(tempDir(lifetime));
install(files, first);
const origin = await simpleOrigin(lifetime, (_, response) => response.end('here'));
const gateway = await startGateway(lifetime, {
  version: 1,
  listeners: [
    {
      name: 'public',
      address: '127.0.0.1:0',
      tls: {
        certificates: [
          { hosts: ['shop.test'], ...files },
          { hosts: ['linked.test'], ...filesIn(linkedFolder) },
        ],
      },
    },
  ],
  admin: { address: '127.0.0.1:0' },
  runtime: { acceptors: 2 },
  telemetry: { accessLog: 'none' },
  upstreams: { origin: { endpoints: [origin.url] } },
  routes: [{ name: 'all', match: { path: '/*' }, forward: { upstream: 'origin' } }],
} as never);
const port = gateway.portOf('public');

async function shown(t: TestContext, servername = 'shop.test'): Promise<string> {
  const { socket } = await rawClient(t, port, { tls: { ca: authority.cert, servername } });
  const { serialNumber } = (socket as TLSSocket).getPeerCertificate();
  socket.destroy();
  return serialNumber;
}

/** What is printed from now on. */
function listening(): { readonly heard: (pattern: RegExp) => Promise<string> } {
  const from = gateway.stderr.length;
  const text = async () => gateway.stderr.slice(from);
  return { heard: (pattern) => until(String(pattern), text, (printed) => pattern.test(printed)) };
}

const RENEWED = /the certificate in \S+ is renewed, until /;

describe('certificates are replaced when their files change', () => {
  it('under load: no request fails, kept-alive connections stay, new ones see the new certificate', async (t) => {
    const tls = { ca: authority.cert, servername: 'shop.test' };
    const client = await rawClient(t, port, { tls });
    const pids = await gateway.acceptorPids();
    const newSerials: (string | null)[] = [];
    const onAnswer = ({ serial, onNewConnection }: { serial: string | null; onNewConnection: boolean }) =>
      onNewConnection && newSerials.push(serial);
    const load = steadyLoad(t, { port, tls, keepAlive: 2, newConnections: 3, onAnswer });
    await load.more(30);
    for (const certificate of [second, third]) {
      const { heard } = listening();
      install(files, certificate);
      await heard(RENEWED);
      newSerials.length = 0;
      await load.more(40);
      // Handshakes that were under way when it changed are among the first.
      assert.deepEqual([...new Set(newSerials.slice(3))], [serialOf(certificate)]);
    }
    await load.stop();
    assert.deepEqual([load.failures, [...load.statuses.keys()]], [[], [200]]);
    assert.equal((await client.exchange('GET /old HTTP/1.1\r\nHost: a\r\n\r\n')).status, 200);
    assert.deepEqual(await gateway.acceptorPids(), pids, 'no process was replaced for it');
  });

  it('also when what changes is a link on the way to them', async (t) => {
    assert.equal(await shown(t, 'linked.test'), serialOf(first));
    const { heard } = listening();
    symlinkSync('..two', join(linkedFolder, '..data.new'));
    renameSync(join(linkedFolder, '..data.new'), join(linkedFolder, '..data'));
    await heard(RENEWED);
    assert.equal(await shown(t, 'linked.test'), serialOf(second));
  });

  it('without a word while certificate and key do not match yet, and whatever state the config is in', async (t) => {
    const config = readFileSync(gateway.configPath);
    writeFileSync(gateway.configPath, 'somebody is editing: [this');
    const { heard } = listening();
    copyFileSync(first.certPath, files.cert);
    // Long enough for the half that is new to be looked at.
    await new Promise((resolve) => setTimeout(resolve, 600));
    copyFileSync(first.keyPath, files.key);
    assert.doesNotMatch(await heard(RENEWED), /not renewed|not taken/);
    assert.equal(await shown(t), serialOf(first));
    writeFileSync(gateway.configPath, config);
  });

  it('on a reload, too', async (t) => {
    const { heard } = listening();
    install(files, second);
    gateway.signal('SIGHUP');
    await heard(/generation \d+ is live/);
    assert.equal(await shown(t), serialOf(second));
  });
});

describe('a certificate that is no good', () => {
  it('changes nothing and says why, also to an acceptor that begins anew, until there is a good one', async (t) => {
    const { heard } = listening();
    writeFileSync(files.cert, 'half a certifica');
    const why = `${files.cert} cannot be used, expected a PEM file with a certificate`;
    assert.ok((await heard(/is not renewed, the one before goes on\. .*\n/)).includes(why));
    const [broken] = (await readStatus(gateway)).certificates;
    assert.deepEqual([broken!.lastError!.message, broken!.hosts], [why, ['shop.test']]);
    rmSync(files.key);
    const pids = await gateway.acceptorPids();
    process.kill(pids[0]!, 'SIGKILL');
    await until(
      'all back',
      async () => (await readStatus(gateway)).acceptors,
      (now) => now.length === 2 && now.every(({ pid, state }) => pid !== pids[0] && state === 'serving'),
    );
    assert.deepEqual(new Set([await shown(t), await shown(t), await shown(t)]), new Set([serialOf(second)]));
    const again = listening();
    install(files, third);
    await again.heard(RENEWED);
    assert.equal(await shown(t), serialOf(third));
    assert.equal((await readStatus(gateway)).certificates[0]!.lastError, null);
  });

  it('keeps a config from being taken that names it, with the place', async () => {
    const { heard } = listening();
    copyFileSync(first.keyPath, files.key);
    gateway.signal('SIGHUP');
    const printed = await heard(/the config was not taken; generation \d+ goes on\.\n.+\n/);
    assert.match(printed, /penstock\.yaml:\d+:\d+: ".*tls\.key" does not belong to the certificate beside it/);
    assert.match((await readStatus(gateway)).config.lastError!.message, /does not belong/);
  });
});

it('status and metrics tell when certificates expire, and nothing of their keys', async () => {
  const status = await readStatus(gateway);
  const [certificate] = status.certificates;
  const { validTo, fingerprint256 } = new X509Certificate(third.cert);
  const { fingerprint, notAfter, listener, hosts, daysLeft, expiresSoon } = certificate!;
  assert.deepEqual(
    [Date.parse(notAfter), listener, hosts, daysLeft, expiresSoon],
    [Date.parse(validTo), 'public', ['shop.test'], 0, false],
  );
  assert.equal(fingerprint, fingerprint256.replaceAll(':', '').toLowerCase());
  const metrics = await readMetrics(gateway);
  assert.deepEqual(metrics.all('penstock_certificate_not_after_seconds', { listener: 'public', file: files.cert }), [
    Date.parse(validTo) / 1000,
  ]);
  const said = [JSON.stringify(status), metrics.text, gateway.stdout, gateway.stderr];
  for (const { key } of [first, second, third])
    for (const text of said) assert.ok(!text.includes(key.split('\n')[1]!), 'a key is told');
});
