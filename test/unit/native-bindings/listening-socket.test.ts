import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { boundPort, closeFd, joinTcp, listenTcp, listenUnix } from '../../../native-bindings/native.ts';

const scratch = mkdtempSync(join(tmpdir(), 'penstock-sockets-'));
after(() => rmSync(scratch, { recursive: true }));
const hasIpv6 = Object.values(networkInterfaces()).some((list) => list?.some(({ address }) => address === '::1'));

function closeAll(fds: readonly number[]): void {
  for (const fd of fds) closeFd(fd);
}

test('port 0: all sockets of a listener share the port the kernel chose, and more can join', () => {
  const fds = listenTcp('127.0.0.1', 0, 3);
  const port = boundPort(fds[0]);
  assert.ok(port > 0);
  fds.push(joinTcp('127.0.0.1', port));
  assert.equal(new Set(fds).size, 4);
  for (const fd of fds) assert.equal(boundPort(fd), port);
  closeAll(fds);
});

test('a port that this user shares already is still taken for a second gateway', () => {
  const fds = listenTcp('127.0.0.1', 0, 2);
  const port = boundPort(fds[0]);
  assert.throws(() => listenTcp('127.0.0.1', port, 2), { code: 'EADDRINUSE' });
  assert.throws(() => listenTcp('0.0.0.0', port, 2), { code: 'EADDRINUSE' });
  closeAll(fds);
  closeAll(listenTcp('127.0.0.1', port, 2));
});

test('a port of another server is taken, also for joining', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  assert.ok(address !== null && typeof address === 'object');
  assert.throws(() => listenTcp('127.0.0.1', address.port, 1), { code: 'EADDRINUSE' });
  assert.throws(() => joinTcp('127.0.0.1', address.port), { code: 'EADDRINUSE' });
  server.close();
});

test('hosts are numeric addresses of this machine, ports are ports', () => {
  for (const bad of ['localhost', '', '[::1]', '1.2.3.4.5', '127.0.0.1 ']) {
    assert.throws(() => listenTcp(bad, 0, 1), { code: 'EINVAL' }, bad);
  }
  assert.throws(() => listenTcp('192.0.2.1', 0, 1), { code: 'EADDRNOTAVAIL' });
  for (const bad of [-1, 65536, 1.5, Number.NaN]) assert.throws(() => listenTcp('127.0.0.1', bad, 1), TypeError);
});

test('IPv6: `::` takes the port of IPv4 too, `::1` does not', { skip: hasIpv6 ? false : 'no IPv6 loopback' }, () => {
  const any = listenTcp('::', 0, 2);
  assert.throws(() => listenTcp('127.0.0.1', boundPort(any[0]), 1), { code: 'EADDRINUSE' });
  closeAll(any);
  const loopback = listenTcp('::1', 0, 1);
  closeAll(listenTcp('127.0.0.1', boundPort(loopback[0]), 1));
  closeAll(loopback);
});

test('unix socket: a live one is refused, a stale one replaced, another file left alone', () => {
  const path = join(scratch, 'gateway.sock');
  const first = listenUnix(path);
  assert.equal(statSync(path).mode & 0o777, 0o660);
  assert.equal(boundPort(first), 0);
  assert.throws(() => listenUnix(path), { code: 'EADDRINUSE' });
  closeFd(first);
  assert.ok(existsSync(path), 'the file outlives its listener');
  const second = listenUnix(path, 0o600);
  assert.equal(statSync(path).mode & 0o777, 0o600);
  closeFd(second);

  const file = join(scratch, 'notes.txt');
  writeFileSync(file, 'keep me');
  assert.throws(() => listenUnix(file), { code: 'EADDRINUSE' });
  assert.equal(statSync(file).size, 7);
  assert.throws(() => listenUnix(join(scratch, 'missing', 'x.sock')), { code: 'ENOENT' });
  assert.throws(() => listenUnix(`/tmp/${'x'.repeat(200)}`), { code: 'ENAMETOOLONG' });
});
