import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { isAdminAddress } from '../../../src/cli/admin-client.ts';
import type { CommandOutput } from '../../../src/cli/command-output.ts';
import { status } from '../../../src/cli/status.ts';
import { AdminServer } from '../../../src/supervisor/admin/server.ts';
import type { Status } from '../../../src/supervisor/admin/status.ts';
import { aStatus } from '../supervisor/admin/a-status.ts';
import { anAdminSource } from '../supervisor/admin/an-admin-source.ts';

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
    tokens: [{ name: 'admin', token: TOKEN, role: 'operator' }],
    source: anAdminSource({ status: () => shown }),
    audit: null,
    report: () => {},
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

async function run(
  args: string[],
  environment: NodeJS.ProcessEnv = { PENSTOCK_ADMIN_TOKEN: TOKEN },
  terminal: CommandOutput['terminal'] = null,
) {
  let out = '';
  let error = '';
  const output = {
    terminal,
    out: (text: string) => void (out += text),
    error: (text: string) => void (error += text),
  };
  return { code: await status(args, output, environment), out, error };
}

const here = () => ['--admin', `unix:${socket}`];

describe('penstock status', () => {
  it('prints a page on which everything has its place', async () => {
    shown = aStatus();
    const { code, out } = await run(here());
    assert.equal(code, 0);
    assert.match(out, /^READY: 2 of 2 acceptors serve generation 7\.\n/);
    for (const part of ['CONFIG', 'ACCEPTORS', 'ROUTES', 'UPSTREAMS']) assert.match(out, new RegExp(`^${part}`, 'm'));
  });

  it('answers 1 when the gateway is not ready', async () => {
    shown = aStatus({ acceptors: [], routes: [], upstreams: [] });
    const { code, out } = await run(here());
    assert.equal(code, 1);
    assert.match(out, /^NOT READY: No acceptor is serving\.\n/);
  });

  it('colours on a terminal alone, and not for those who do not want it', async () => {
    shown = aStatus();
    const terminal = { columns: 80, rows: 50 };
    const token = { PENSTOCK_ADMIN_TOKEN: TOKEN };
    assert.match((await run(here(), token, terminal)).out, /\x1b\[32mREADY/);
    for (const refusal of [{ NO_COLOR: '1' }, { TERM: 'dumb' }])
      assert.doesNotMatch((await run(here(), { ...token, ...refusal }, terminal)).out, /\x1b/);
    assert.doesNotMatch((await run(here(), token)).out, /\x1b/);
  });

  it('lets no name or message command the terminal', async () => {
    const lastError = { at: '2026-11-21T11:00:00.000Z', message: 'a.yaml:1:1: \x1b[2Jnothing to see\x9b' };
    shown = aStatus({ instance: 'edge\x1b[1', config: { ...aStatus().config, lastError } });
    const { out } = await run(here());
    assert.doesNotMatch(out, /[\x00-\x09\x0b-\x1f\x7f-\x9f]/);
    assert.match(out, /nothing to see/);
  });

  it('with --watch shows again and again what was just done, over silence of the gateway', async () => {
    shown = aStatus();
    const stop = new AbortController();
    const pages: string[] = [];
    const output = {
      terminal: { columns: 80, rows: 20 },
      error: () => {},
      out: (text: string) => {
        pages.push(text);
        shown = aStatus({ routes: [{ ...shown.routes[0]!, requests: shown.routes[0]!.requests + 500 }] });
        if (pages.length === 2) stop.abort();
      },
    };
    assert.equal(
      await status([...here(), '--watch'], output, { PENSTOCK_ADMIN_TOKEN: TOKEN, NO_COLOR: '1' }, stop.signal),
      0,
    );
    const [first = '', second = ''] = pages;
    assert.match(first, /^\x1b\[H\x1b\[JREADY: .*\n120k requests/);
    assert.match(second, /^\x1b\[H\x1b\[JREADY: .*\n\d+\/s, 0% answered 5xx/);
    assert.ok(pages.every((page) => page.split('\n').length <= 20));
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
      ['--watch', '--json'],
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
