import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { before, describe, it } from 'node:test';
import { fileLifetime } from '../support/file-lifetime.ts';
import { spawnGateway, startGateway } from '../support/gateway.ts';
import type { Lifetime } from '../support/lifetime.ts';
import { rawOrigin } from '../support/raw-origin.ts';
import { repositoryRoot } from '../support/repository-root.ts';
import { tempDir } from '../support/temp-dir.ts';

const file = fileLifetime();
let takenPort: number;
before(async () => {
  takenPort = (await rawOrigin(file, () => {})).port;
});

function configOf({ listener = {}, ...more }: Record<string, unknown> = {}) {
  return {
    version: 1,
    listeners: [{ name: 'public', address: '127.0.0.1:0', ...(listener as object) }],
    admin: { address: '127.0.0.1:0' },
    runtime: { acceptors: 2 },
    ...more,
  };
}

/** What a start that fails prints on stderr: it exits with 1, and nothing of it is left. */
async function failureOf(
  lifetime: Lifetime,
  config: ReturnType<typeof configOf> | string,
  args: readonly string[] = [],
): Promise<string> {
  const gateway = spawnGateway(lifetime, config, { args });
  assert.deepEqual(await gateway.exited(), { code: 1, signal: null }, gateway.stderr);
  assert.throws(() => process.kill(-gateway.pid, 0), { code: 'ESRCH' }, 'a process of the gateway is left');
  assert.doesNotMatch(gateway.stdout, /listening/);
  return gateway.stderr.replace(gateway.configPath, 'penstock.yaml');
}

describe('a gateway that cannot start says so in one sentence, exits with 1 and leaves nothing behind', () => {
  it('when the port of a listener is taken', async (t) => {
    const config = configOf({ listener: { address: `127.0.0.1:${takenPort}` } });
    assert.equal(
      await failureOf(t, config),
      `Listener public cannot listen on 127.0.0.1:${takenPort}: another process listens there already; stop it or choose another address.\n`,
    );
  });

  it('when another gateway has the port', async (t) => {
    const other = await startGateway(t, configOf());
    const config = configOf({ listener: { address: `127.0.0.1:${other.portOf('public')}` } });
    assert.match(
      await failureOf(t, config),
      /^Listener public cannot listen on .*: another process listens there already.*\n$/,
    );
  });

  it('when the admin port is taken', async (t) => {
    assert.equal(
      await failureOf(t, configOf({ admin: { address: `127.0.0.1:${takenPort}` } })),
      `The admin API cannot listen on 127.0.0.1:${takenPort}: another process listens there already; stop it or choose another address.\n`,
    );
  });

  it('when no interface has the address', async (t) => {
    const config = configOf({ listener: { address: '192.0.2.1:0' } });
    assert.equal(
      await failureOf(t, config),
      'Listener public cannot listen on 192.0.2.1:0: no interface of this machine has that address.\n',
    );
  });

  it('when the folder of a unix socket is not there, or somebody listens on it', async (t) => {
    const path = join(tempDir(t), 'a.sock');
    const server = createServer().listen(path);
    t.after(() => server.close());
    assert.match(
      await failureOf(t, configOf({ listener: { address: `unix:${path}` } })),
      /a\.sock: another process listens there/,
    );
    assert.match(
      await failureOf(t, configOf({ listener: { address: 'unix:/nonexistent/a.sock' } })),
      /\/nonexistent\/a\.sock: the folder of the socket does not exist\.\n$/,
    );
  });

  it('when the config file is not there', async (t) => {
    assert.match(
      await failureOf(t, configOf(), ['-c', '/nonexistent/penstock.yaml']),
      /^\/nonexistent\/penstock\.yaml.*\n$/,
    );
  });

  it('when the config is wrong: every fault with its place, at once', async (t) => {
    const text =
      'version: 1\nlisteners: [{ name: public, address: "127.0.0.1:0", colour: red }]\nruntime: { drainTimeout: soon }\nroutes: [{ name: x, match: { path: / }, forward: { upstream: nowhere } }]\n';
    const printed = await failureOf(t, text);
    const places = printed
      .trim()
      .split('\n')
      .map((line) => /^[^:]*:(\d+):\d+: \S/.exec(line)?.[1]);
    assert.deepEqual(places, ['2', '3', '4'], printed);
  });

  it('when the compiled config does not fit the memory it asks for', async (t) => {
    const routes = Array.from({ length: 2000 }, (_, i) => ({
      name: `r${i}`,
      match: { path: `/${i}` },
      forward: { upstream: 'a' },
    }));
    const upstreams = { a: { endpoints: ['http://127.0.0.1:1'] } };
    const printed = await failureOf(t, configOf({ runtime: { memory: { config: '64KiB' } }, upstreams, routes }));
    assert.match(printed, /the compiled config needs \d+KiB and has room for 64KiB/);
  });
});

/** A copy of the compiled gateway in a folder of its own, to be taken apart. */
function copyOfGateway(lifetime: Lifetime, { addon }: { readonly addon: boolean }): string {
  const folder = tempDir(lifetime);
  for (const part of ['dist/src', 'dist/native-bindings', 'package.json']) {
    cpSync(join(repositoryRoot, part), join(folder, part), { recursive: true });
  }
  if (addon) {
    mkdirSync(join(folder, 'native-bindings'));
    symlinkSync(join(repositoryRoot, 'native-bindings/build'), join(folder, 'native-bindings/build'));
  }
  return folder;
}

function runCopy(folder: string): { readonly status: number | null; readonly stderr: string } {
  const config = join(folder, 'penstock.json');
  writeFileSync(config, JSON.stringify(configOf()));
  return spawnSync(process.execPath, [join(folder, 'dist/src/main.js'), 'run', '-c', config], {
    encoding: 'utf8',
    timeout: 20_000,
  });
}

describe('an installation that is not whole', () => {
  it('says that the native addon is missing and what builds it', (t) => {
    const folder = copyOfGateway(t as Lifetime, { addon: false });
    symlinkSync(join(repositoryRoot, 'node_modules'), join(folder, 'node_modules'));
    const { status, stderr } = runCopy(folder);
    assert.equal(status, 1);
    assert.match(
      stderr,
      /^penstock run: The native addon does not load on Node .*: run `npm ci` to build it for this Node\. .*\n$/,
    );
  });

  it('says which build of uWebSockets.js is not the one that was examined', (t) => {
    const folder = copyOfGateway(t as Lifetime, { addon: true });
    mkdirSync(join(folder, 'node_modules/uWebSockets.js'), { recursive: true });
    const manifest = JSON.parse(readFileSync(join(repositoryRoot, 'package.json'), 'utf8')) as { dependencies: object };
    for (const name of Object.keys(manifest.dependencies).filter((dependency) => dependency !== 'uWebSockets.js')) {
      mkdirSync(dirname(join(folder, 'node_modules', name)), { recursive: true });
      symlinkSync(join(repositoryRoot, 'node_modules', name), join(folder, 'node_modules', name));
    }
    writeFileSync(
      join(folder, 'node_modules/uWebSockets.js/package.json'),
      JSON.stringify({ name: 'something-else', version: '1.0.0', main: 'index.js' }),
    );
    writeFileSync(join(folder, 'node_modules/uWebSockets.js/index.js'), '');
    const { status, stderr } = runCopy(folder);
    assert.equal(status, 1, stderr);
    assert.match(
      stderr,
      /^The acceptors cannot start: .* holds "something-else", which is not a build of uWebSockets\.js .*\n$/,
    );
  });
});
