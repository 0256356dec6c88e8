import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { isAdminAddress } from '../../../src/cli/admin-client.ts';
import { status } from '../../../src/cli/status.ts';
import { AdminServer } from '../../../src/supervisor/admin/server.ts';
import type { Status } from '../../../src/supervisor/admin/status.ts';
import { aStatus } from '../supervisor/admin/a-status.ts';

const TOKEN = 'correct-horse';
let folder: string;
let socket: string;
let shown: Status = aStatus();
let server: AdminServer;
let stranger: Server;

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'penstock-status-'));
  socket = join(folder, 'admin.sock');
  server = new AdminServer({
    address: { unix: socket },
    token: TOKEN,
    source: {
      status: () => shown,
      latencies: () => [],
      metrics: () => Promise.reject(new Error('not asked for')),
      record: () => null,
      stopRecording: () => false,
      purgeCache: () => Promise.reject(new Error('not asked for')),
    },
    onFailure: (error) => assert.fail(String(error)),
  });
  await server.listen();
  stranger = createServer((_, response) => response.end('[]')).listen(0, '127.0.0.1');
  await once(stranger, 'listening');
});
after(async () => {
  await server.close();
  stranger.close();
  rmSync(folder, { recursive: true });
});

async function run(args: string[], environment: NodeJS.ProcessEnv = { PENSTOCK_ADMIN_TOKEN: TOKEN }) {
  let out = '';
  let error = '';
  const output = { out: (text: string) => void (out += text), error: (text: string) => void (error += text) };
  return { code: await status(args, output, environment), out, error };
}

const here = () => ['--admin', `unix:${socket}`];

describe('penstock status', () => {
  it('names the endpoints that are out of use, and only them', async () => {
    const good = {
      upstream: 'catalog',
      endpoint: 'http://a:1',
      healthy: true,
      ejected: false,
      circuit: 'closed',
      inFlight: 3,
      ejections: 0,
      circuitOpened: 0,
    } as const;
    shown = aStatus({
      endpoints: [
        good,
        { ...good, endpoint: 'http://b:1', healthy: false },
        { ...good, endpoint: 'http://c:1', ejected: true, circuit: 'half-open' },
      ],
    });
    const { out } = await run(here());
    assert.match(out, /^http:\/\/b:1 +catalog +UNHEALTHY +no +closed +3$/m);
    assert.match(out, /^http:\/\/c:1 +catalog +good +EJECTED +HALF-OPEN +3$/m);
    assert.doesNotMatch(out, /a:1/);
  });
  it('names key sets, with what is wrong with them', async () => {
    const at = '2026-11-21T10:00:00.000Z';
    const set = {
      url: 'https://issuer.example/keys',
      keys: 2,
      fetchedAt: at,
      isStale: false,
      skipped: [],
      lastError: null,
    };
    const skipped = ['key 1 ("old") is private, expected the public part alone'];
    const lastError = { at, message: 'is not JSON (text/html)' };
    shown = aStatus({
      keySets: [set, { ...set, isStale: true, skipped, lastError }, { ...set, keys: null, isStale: true }],
    });
    const { out } = await run(here());
    assert.match(out, /^key set +keys +skipped +fetched +state$/m);
    assert.match(out, /^https:\/\/issuer.example\/keys +2 +0 +2026-11-21T10:00:00.000Z +fresh$/m);
    assert.match(out, /^https:\/\/issuer.example\/keys +2 +1 .* STALE$/m);
    assert.match(out, /^https:\/\/issuer.example\/keys +none +0 .* UNAVAILABLE$/m);
    assert.match(out, /^ {2}https:\/\/issuer.example\/keys is not JSON \(text\/html\) \(2026/m);
    assert.match(out, /^ {2}https:\/\/issuer.example\/keys: key 1 \("old"\) is private/m);
  });

  it('names certificates that expire soon, or were not renewed, and only them', async () => {
    const certificate = {
      listener: 'public',
      upstream: null,
      use: 'server',
      hosts: ['a.example', 'b.example'],
      subject: 'CN=a.example',
      file: '/certs/a.pem',
      fingerprint: 'ab',
      notBefore: '2026-09-01T10:00:00.000Z',
      notAfter: '2026-12-01T10:00:00.000Z',
      daysLeft: 9,
      expiresSoon: true,
      lastError: null,
    } as const;
    const lastError = { at: '2026-11-21T10:00:00.000Z', message: '/certs/c.key: no such file' };
    shown = aStatus({
      certificates: [
        certificate,
        { ...certificate, hosts: ['fine.example'], daysLeft: 80, expiresSoon: false },
        {
          ...certificate,
          listener: null,
          upstream: 'catalog',
          hosts: [],
          daysLeft: -1,
          file: '/certs/c.pem',
          lastError,
        },
      ],
    });
    const { out } = await run(here());
    assert.match(out, /^a\.example b\.example +listener public +2026-12-01T10:00:00\.000Z +9d +\/certs\/a\.pem$/m);
    assert.match(out, /^CN=a\.example +upstream catalog +\S+ +EXPIRED +\/certs\/c\.pem$/m);
    assert.match(out, /^ {2}not renewed: \/certs\/c\.key: no such file \(2026/m);
    assert.doesNotMatch(out, /fine/);
  });

  it('prints a page that names every acceptor, route and upstream', async () => {
    shown = aStatus();
    const { code, out } = await run(here());
    assert.equal(code, 0);
    const lines = out.split('\n');
    assert.equal(lines[0], 'ready: 2 of 2 acceptors serve generation 7.');
    assert.match(out, /^penstock 0\.1\.0, instance edge-1, up 1h 2m$/m);
    assert.match(out, /^1 +4712 {2}serving +0\.4s ago +7 +118 +3 +2$/m);
    assert.match(out, /^catalog-read +120000 +2 +1 +0\.0410ms +0\.190ms +3\.40ms +1\.25s$/m);
    assert.match(out, /^catalog +120000 .* - +14 +5$/m);
  });

  it('begins with what is wrong', async () => {
    const config = { ...aStatus().config, lastError: { at: '2026-11-21T11:00:00.000Z', message: 'a.yaml:3:1: no\nb' } };
    shown = aStatus({ config, acceptors: [], routes: [], upstreams: [] });
    const { code, out } = await run(here());
    assert.equal(code, 1);
    assert.match(out, /^NOT READY: No acceptor is serving\.\n/);
    assert.match(out, /not published \(2026-11-21T11:00:00\.000Z\):\n {2}a\.yaml:3:1: no\n {2}b\n/);
  });

  it('prints the document itself with --json', async () => {
    shown = aStatus();
    const { code, out } = await run([...here(), '--json']);
    assert.equal(code, 0);
    assert.deepEqual(JSON.parse(out), shown);
  });

  it('takes the token from a file, and says when it is not the right one', async () => {
    const file = join(folder, 'token');
    writeFileSync(file, `${TOKEN}\n`);
    assert.equal((await run([...here(), '--token-file', file], {})).code, 0);
    const { code, error } = await run(here(), {});
    assert.equal(code, 1);
    assert.match(error, /did not accept the token/);
  });

  it('answers 1 and one sentence when there is no gateway', async () => {
    const { port } = stranger.address() as AddressInfo;
    for (const admin of [`unix:${folder}/nobody.sock`, `127.0.0.1:${port}`]) {
      const { code, out, error } = await run(['--admin', admin]);
      assert.deepEqual([code, out], [1, '']);
      assert.match(error, /^penstock status: [^\n]+\n$/);
    }
  });

  it('answers 2 to wrong use, 0 to a call for help', async () => {
    const wrong = [
      ['--no-such'],
      ['extra'],
      ['--admin', 'nonsense'],
      ['--admin'],
      ['--token-file', join(folder, 'none')],
    ];
    for (const args of wrong) {
      const { code, error } = await run(args);
      assert.equal(code, 2, args.join(' '));
      assert.match(error, /Example:/);
    }
    const { code, out } = await run(['--help']);
    assert.equal(code, 0);
    assert.match(out, /Example:\n {2}penstock status /);
  });
});

describe('an admin address', () => {
  it('is a host and a port, or a socket', () => {
    for (const address of ['127.0.0.1:9901', 'localhost:80', '[::1]:9901', 'unix:/run/a.sock']) {
      assert.ok(isAdminAddress(address), address);
    }
    for (const address of ['', 'localhost', ':80', 'http://localhost:80', 'a:b', 'a:99999', 'a@b:80', 'unix:']) {
      assert.ok(!isAdminAddress(address), address);
    }
  });
});
