import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { get } from 'node:http';
import { get as getTls } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { boundPort, closeFd, listenTcp, listenUnix } from '../../native-bindings/native.ts';
import { killNow, nextMessage, spawnChild } from './children/spawn-child.ts';

const CERT = 'test/fixtures/tls/localhost.pem';
const KEY = 'test/fixtures/tls/localhost.key';

/** One request on a connection of its own; its body, or the code of what went wrong. */
function ask(options: object, tls = false): Promise<string> {
  return new Promise((resolve) => {
    const request = (tls ? getTls : get)({ ...options, agent: false }, (response) => {
      assert.equal(response.headers['x-word'], 'worth');
      response.setEncoding('utf8');
      let body = '';
      response.on('data', (text: string) => (body += text));
      response.on('end', () => resolve(body));
    });
    request.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
  });
}

async function serveOn(fd: number, args: string[] = []): Promise<ChildProcess> {
  const child = spawnChild('serve', args, [fd]);
  assert.equal(await nextMessage(child), 'serving');
  return child;
}

test('with every acceptor dead, connections wait and are answered by the next ones', { timeout: 30_000 }, async () => {
  const fds = listenTcp('127.0.0.1', 0, 2);
  const target = { host: '127.0.0.1', port: boundPort(fds[0]) };
  let acceptors = await Promise.all(fds.map((fd) => serveOn(fd)));
  for (let round = 0; round < 3; round++) {
    await Promise.all(acceptors.map(killNow));
    const waiting = Array.from({ length: 40 }, () => ask(target));
    acceptors = await Promise.all(fds.map((fd) => serveOn(fd)));
    const pids = new Set(acceptors.map((acceptor) => `${acceptor.pid}`));
    const answers = await Promise.all(waiting);
    assert.deepEqual(
      answers.filter((answer) => !pids.has(answer)),
      [],
    );
    assert.equal(new Set(answers).size, 2, 'both sockets got some of the connections');
  }
  await Promise.all(acceptors.map(killNow));
  fds.forEach(closeFd);
});

test('an acceptor killed under load refuses no connection', { timeout: 30_000 }, async () => {
  const [fd, other] = listenTcp('127.0.0.1', 0, 2);
  const target = { host: '127.0.0.1', port: boundPort(fd) };
  const survivor = await serveOn(other);
  let running = true;
  const answers = new Map<string, number>();
  const clients = Array.from({ length: 4 }, async () => {
    while (running) {
      const answer = await ask(target);
      answers.set(answer, (answers.get(answer) ?? 0) + 1);
    }
  });
  let last = '';
  for (let round = 0; round < 3; round++) {
    const acceptor = await serveOn(fd);
    last = `${acceptor.pid}`;
    while (!answers.has(last)) await ask(target);
    await killNow(acceptor);
  }
  // The clients that wait on the dead acceptor's socket get their answer from this one.
  const acceptor = await serveOn(fd);
  running = false;
  await Promise.all(clients);
  // Only a connection that was already accepted when its acceptor was killed may break.
  const failures = [...answers.keys()].filter((answer) => !/^\d+$/.test(answer) && answer !== 'ECONNRESET');
  assert.deepEqual(failures, []);
  assert.ok((answers.get('ECONNRESET') ?? 0) <= 3 * clients.length);
  await Promise.all([acceptor, survivor].map(killNow));
  closeFd(fd);
  closeFd(other);
});

for (const tls of [false, true]) {
  test(`adopted connections are counted by the filter, ${tls ? 'TLS' : 'plain'}`, { timeout: 30_000 }, async () => {
    const [fd] = listenTcp('127.0.0.1', 0, 1);
    const target = { host: '127.0.0.1', port: boundPort(fd), ca: readFileSync(CERT) };
    const acceptor = await serveOn(fd, tls ? [CERT, KEY] : []);
    for (let i = 0; i < 5; i++) assert.equal(await ask(target, tls), `${acceptor.pid}`);
    const [open, opened] = (await ask({ ...target, path: '/counts' }, tls)).split(' ').map(Number);
    assert.equal(opened, 6);
    assert.ok(open >= 1 && open <= 2, 'closed connections are counted off');
    await killNow(acceptor);
    closeFd(fd);
  });
}

test('unix sockets are served alike', { timeout: 30_000 }, async () => {
  const scratch = mkdtempSync(join(tmpdir(), 'penstock-unix-'));
  const socketPath = join(scratch, 'gateway.sock');
  const fd = listenUnix(socketPath);
  const acceptor = await serveOn(fd);
  assert.equal(await ask({ socketPath }), `${acceptor.pid}`);
  await killNow(acceptor);
  closeFd(fd);
  rmSync(scratch, { recursive: true });
});
