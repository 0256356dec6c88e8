/** Certificates that change under a gateway that serves: nobody is cut off, new connections see the new one. */
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { copyFileSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import type { TLSSocket } from 'node:tls';
import { readMetrics, readStatus, until } from '../support/admin.ts';
import { type Certificate, certificateAuthority } from '../support/certificates.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';
import type { Lifetime } from '../support/lifetime.ts';
import { rawClient } from '../support/raw-client.ts';
import { simpleOrigin } from '../support/simple-origin.ts';
import { steadyLoad } from '../support/steady-load.ts';
import { tempDir } from '../support/temp-dir.ts';

const lifetime = { after };
const NAME = 'shop.test';
const authority = certificateAuthority(lifetime);
const [first, second, third] = [authority.issue(NAME), authority.issue(NAME), authority.issue(NAME)];
const serialOf = ({ cert }: Certificate): string => new X509Certificate(cert).serialNumber;
const tls = { ca: authority.cert, servername: NAME };
const origin = await simpleOrigin(lifetime, (_, response) => response.end('here'));

interface Files {
  readonly cert: string;
  readonly key: string;
}

/** Puts a certificate where the gateway reads it, each file at once as `mv` would. */
function install({ cert, key }: Files, { certPath, keyPath }: Certificate): void {
  for (const [from, to] of [
    [certPath, cert],
    [keyPath, key],
  ]) {
    copyFileSync(from!, `${to}.new`);
    renameSync(`${to}.new`, to!);
  }
}

async function start(
  t: Lifetime,
  { cert, key }: Files,
  acceptors = 1,
): Promise<{ gateway: Gateway; port: number; shown: () => Promise<string> }> {
  const gateway = await startGateway(t, {
    version: 1,
    listeners: [{ name: 'public', address: '127.0.0.1:0', tls: { certificates: [{ hosts: [NAME], cert, key }] } }],
    admin: { address: '127.0.0.1:0' },
    runtime: { acceptors },
    telemetry: { accessLog: 'none' },
    upstreams: { origin: { endpoints: [origin.url] } },
    routes: [{ name: 'all', match: { path: '/*' }, forward: { upstream: 'origin' } }],
  } as never);
  const port = gateway.portOf('public');
  const shown = async () => {
    const { socket } = await rawClient(t, port, { tls });
    const { serialNumber } = (socket as TLSSocket).getPeerCertificate();
    socket.destroy();
    return serialNumber;
  };
  return { gateway, port, shown };
}

function filesIn(folder: string): Files {
  return { cert: join(folder, 'tls.crt'), key: join(folder, 'tls.key') };
}

const isLive = (generation: number): RegExp => new RegExp(`generation ${generation} is live`);

describe('certificates are replaced', () => {
  it('under load when their files change: no request fails, kept-alive connections stay, new ones see the new certificate', async (t) => {
    const files = filesIn(tempDir(t));
    install(files, first);
    const { gateway, port } = await start(t, files, 2);
    const pids = await gateway.acceptorPids();
    const [client] = [await rawClient(t, port, { tls })];
    const newSerials: (string | null)[] = [];
    const load = steadyLoad(t, {
      port,
      tls,
      onAnswer: ({ serial, onNewConnection }) => onNewConnection && newSerials.push(serial),
    });
    await load.more(50);
    for (const [generation, certificate] of [
      [2, second],
      [3, third],
    ] as const) {
      install(files, certificate);
      await gateway.printed(isLive(generation));
      newSerials.length = 0;
      await load.more(60);
      // Handshakes that were under way when it changed are among the first.
      assert.deepEqual([...new Set(newSerials.slice(8))], [serialOf(certificate)]);
    }
    assert.equal((await client.exchange('GET /old HTTP/1.1\r\nHost: a\r\n\r\n')).status, 200);
    await load.stop();
    assert.deepEqual([load.failures, [...load.statuses.keys()]], [[], [200]]);
    assert.deepEqual(await gateway.acceptorPids(), pids, 'no process was replaced for it');
    assert.equal(client.end, null);
  });

  it('when a folder of theirs is swapped by a link, as an orchestrator does with a secret', async (t) => {
    const root = tempDir(t);
    for (const [name, certificate] of Object.entries({ '..one': first, '..two': second })) {
      mkdirSync(join(root, name));
      install(filesIn(join(root, name)), certificate);
    }
    symlinkSync('..one', join(root, '..data'));
    for (const name of ['tls.crt', 'tls.key']) symlinkSync(`..data/${name}`, join(root, name));
    const { gateway, shown } = await start(t, filesIn(root));
    assert.equal(await shown(), serialOf(first));
    symlinkSync('..two', join(root, '..data.new'));
    renameSync(join(root, '..data.new'), join(root, '..data'));
    await gateway.printed(isLive(2));
    assert.equal(await shown(), serialOf(second));
    const [status] = (await readStatus(gateway)).certificates;
    assert.equal(
      status!.fingerprint,
      new X509Certificate(second.cert).fingerprint256.replaceAll(':', '').toLowerCase(),
    );
  });

  it('without a word while certificate and key do not match yet', async (t) => {
    const files = filesIn(tempDir(t));
    install(files, first);
    const { gateway, shown } = await start(t, files);
    copyFileSync(second.certPath, files.cert);
    // Long enough for the half that is new to be looked at.
    await new Promise((resolve) => setTimeout(resolve, 700));
    copyFileSync(second.keyPath, files.key);
    await gateway.printed(isLive(2));
    assert.equal(await shown(), serialOf(second));
    assert.doesNotMatch(gateway.stderr, /not taken/);
    assert.equal((await readStatus(gateway)).config.lastError, null);
  });
});

describe('a new certificate that is no good', () => {
  it('changes nothing, says why, and is made up for by a good one; an acceptor that dies meanwhile comes back with the old one', async (t) => {
    const files = filesIn(tempDir(t));
    install(files, first);
    const { gateway, shown } = await start(t, files);
    writeFileSync(files.cert, 'half a certifica');
    await gateway.printed(/the config was not taken; generation 1 goes on/);
    const why = `"${files.cert}" cannot be used, expected a PEM file with a certificate`;
    const { lastError } = (await readStatus(gateway)).config;
    assert.match(lastError!.message, /penstock\.yaml:\d+:\d+: /);
    assert.ok(lastError!.message.includes(why), lastError!.message);
    rmSync(files.key);
    const [pid] = await gateway.acceptorPids();
    process.kill(pid!, 'SIGKILL');
    await until(
      'back',
      () => gateway.acceptorPids(),
      ([now]) => now !== undefined && now !== pid,
    );
    assert.equal(await shown(), serialOf(first));
    install(files, second);
    await gateway.printed(isLive(2));
    assert.deepEqual([await shown(), (await readStatus(gateway)).config.lastError], [serialOf(second), null]);
  });
});

it('status and metrics tell when certificates expire, and nothing of their keys', async (t) => {
  const files = filesIn(tempDir(t));
  install(files, first);
  const { gateway } = await start(t, files);
  const status = await readStatus(gateway);
  const { validTo } = new X509Certificate(first.cert);
  const { notAfter, listener, hosts, daysLeft, expiresSoon } = status.certificates[0]!;
  assert.deepEqual(
    [Date.parse(notAfter), listener, hosts, daysLeft, expiresSoon],
    [Date.parse(validTo), 'public', [NAME], 0, false],
  );
  const metrics = await readMetrics(gateway);
  assert.deepEqual(metrics.all('penstock_certificate_not_after_seconds', { listener: 'public', use: 'server' }), [
    Date.parse(validTo) / 1000,
  ]);
  const keyBody = first.key.split('\n')[1]!;
  for (const text of [JSON.stringify(status), metrics.text, gateway.stdout, gateway.stderr])
    assert.ok(!text.includes(keyBody));
});
