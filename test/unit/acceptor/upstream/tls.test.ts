import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it, type TestContext } from 'node:test';
import tls from 'node:tls';
import type { UpstreamTls } from '../../../../src/config/compiled-tls.ts';
import { Exchange, get, startGroup } from './exchange.ts';
import { compiledUpstream, HELLO, onRequestHead, startCanned } from './scripted-origin.ts';

let folder = '';
let ca = '';
let key = '';
let cert = '';

/** An authority of our own, and a certificate of it for `origin.test` and 127.0.0.1. */
before(() => {
  folder = mkdtempSync(join(tmpdir(), 'penstock-tls-'));
  const openssl = (...args: string[]): unknown => execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  openssl('req', '-x509', ...newKey, '-keyout', 'ca.key', '-out', 'ca.pem', '-subj', '/CN=Test CA', '-days', '2');
  const names = ['-subj', '/CN=origin.test', '-addext', 'subjectAltName=DNS:origin.test,IP:127.0.0.1'];
  openssl('req', ...newKey, '-keyout', 'origin.key', '-out', 'origin.csr', ...names);
  const signing = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-copy_extensions', 'copy', '-days', '2'];
  openssl('x509', '-req', '-in', 'origin.csr', ...signing, '-out', 'origin.pem');
  ca = readFileSync(join(folder, 'ca.pem'), 'utf8');
  key = readFileSync(join(folder, 'origin.key'), 'utf8');
  cert = readFileSync(join(folder, 'origin.pem'), 'utf8');
});
after(() => rmSync(folder, { recursive: true }));

interface TlsOrigin {
  readonly port: number;
  readonly sockets: tls.TLSSocket[];
}

async function startTls(
  t: TestContext,
  onSocket = (socket: tls.TLSSocket): void => onRequestHead(socket, () => socket.write(HELLO)),
): Promise<TlsOrigin> {
  const sockets: tls.TLSSocket[] = [];
  const server = tls.createServer({ key, cert, ALPNProtocols: ['h2', 'http/1.1'] });
  server.on('secureConnection', (socket) => {
    sockets.push(socket);
    socket.on('error', () => {});
    onSocket(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return { port: (server.address() as net.AddressInfo).port, sockets };
}

const settings = (overrides: Partial<UpstreamTls> = {}): UpstreamTls => ({
  serverName: null,
  verify: true,
  identity: null,
  authorities: null,
  ...overrides,
});

describe('TLS to an upstream', () => {
  it('trusts the configured authority, checks the name it sends, and reuses connection and session', async (t) => {
    const origin = await startTls(t);
    const group = startGroup(
      t,
      compiledUpstream([origin.port], {
        tls: settings({ authorities: { file: '', pem: ca }, serverName: 'origin.test' }),
      }),
    );
    for (let i = 0; i < 3; i++) assert.equal((await get(group)).recorder.body, 'hello');
    assert.equal(origin.sockets.length, 1);
    assert.equal(origin.sockets[0].alpnProtocol, 'http/1.1');
    assert.equal((origin.sockets[0] as tls.TLSSocket & { servername: string }).servername, 'origin.test');
    const fresh = new Exchange().start(group, new Set(), true);
    await fresh.settled();
    assert.equal(origin.sockets.length, 2);
    assert.equal(origin.sockets[1].isSessionReused(), true);
  });

  it('checks an address against the certificate and sends no name for it', async (t) => {
    const origin = await startTls(t);
    const group = startGroup(
      t,
      compiledUpstream([origin.port], { tls: settings({ authorities: { file: '', pem: ca } }) }),
    );
    assert.equal((await get(group)).recorder.body, 'hello');
    assert.equal((origin.sockets[0] as tls.TLSSocket & { servername: unknown }).servername, false);
  });

  it('refuses an authority it does not know, and another name', async (t) => {
    const origin = await startTls(t);
    for (const wrong of [
      settings({ serverName: 'origin.test' }),
      settings({ authorities: { file: '', pem: ca }, serverName: 'other.test' }),
    ]) {
      const exchange = await get(startGroup(t, compiledUpstream([origin.port], { tls: wrong })));
      assert.equal(exchange.refusal, 'upstream_tls_failed');
    }
  });

  it('takes any certificate when the config says so', async (t) => {
    const origin = await startTls(t);
    const group = startGroup(t, compiledUpstream([origin.port], { tls: settings({ verify: false }) }));
    assert.equal((await get(group)).recorder.body, 'hello');
  });

  it('tells a failed handshake from a refused connection', async (t) => {
    const plain = await startCanned(t, HELLO);
    plain.sockets.length = 0;
    const group = startGroup(
      t,
      compiledUpstream([plain.port], { tls: settings({ authorities: { file: '', pem: ca } }) }),
    );
    const exchange = new Exchange().start(group);
    // A plain server that answers a ClientHello with HTTP.
    const answer = setInterval(() => plain.sockets[0]?.end('HTTP/1.1 400 Bad Request\r\n\r\n'), 5);
    await exchange.leased;
    clearInterval(answer);
    assert.equal(exchange.refusal, 'upstream_tls_failed');
  });

  it('carries large bodies on several connections at once without mixing them up', async (t) => {
    const size = 1024 * 1024;
    const origin = await startTls(t, (socket) =>
      onRequestHead(socket, (head) => {
        const letter = /^GET \/(.)/.exec(head)![1];
        socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${size}\r\n\r\n${letter.repeat(size)}`);
      }),
    );
    const group = startGroup(
      t,
      compiledUpstream([origin.port], { tls: settings({ authorities: { file: '', pem: ca } }) }),
    );
    const letters = ['a', 'b', 'c', 'd'];
    const exchanges = letters.map((letter) =>
      new Exchange((connection, recorder) => {
        let pieces = 0;
        recorder.onEvent = (name) => {
          if (name !== 'body' || ++pieces % 7 !== 0) return;
          connection.pause();
          setImmediate(() => connection.resume());
        };
        connection.send(`GET /${letter} HTTP/1.1\r\nhost: x\r\n\r\n`, false, false, recorder);
      }).start(group),
    );
    for (const [i, exchange] of exchanges.entries()) {
      assert.ok((await exchange.settled()).body === letters[i].repeat(size));
    }
    assert.equal(group.openConnections, 4);
  });

  it('an answer without its end is truncated', async (t) => {
    const origin = await startTls(t, (socket) =>
      onRequestHead(socket, () => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello')),
    );
    const group = startGroup(
      t,
      compiledUpstream([origin.port], { tls: settings({ authorities: { file: '', pem: ca } }) }),
    );
    assert.equal((await get(group)).recorder.failure, 'upstream_truncated');
  });

  it('reads a response to its end that was paused when the upstream closed', async (t) => {
    const body = 'x'.repeat(150_000);
    const origin = await startTls(t, (socket) =>
      onRequestHead(socket, () =>
        socket.end(`HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: ${body.length}\r\n\r\n${body}`),
      ),
    );
    const group = startGroup(
      t,
      compiledUpstream([origin.port], { tls: settings({ authorities: { file: '', pem: ca } }) }),
    );
    for (let i = 0; i < 20; i++) {
      const exchange = new Exchange();
      exchange.recorder.onEvent = (name) => {
        if (name !== 'body') return;
        exchange.connection!.pause();
        void turns(30).then(() => exchange.connection!.resume());
      };
      await exchange.start(group).settled();
      assert.equal(exchange.recorder.failure, null);
      assert.equal(exchange.recorder.body.length, body.length);
    }
  });
});

/** So many turns of the loop, for what takes some and announces nothing. */
async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise(setImmediate);
}
