import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import { penstockEach } from '../support/commands-at-once.ts';
import { fileLifetime } from '../support/file-lifetime.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';
import { penstock } from '../support/penstock-command.ts';
import { tempDir } from '../support/temp-dir.ts';

const file = fileLifetime();
const TOKEN = 'correct-horse-battery';
let gateway: Gateway;
let adminSocket: string;

before(async () => {
  adminSocket = join(tempDir(file), 'admin.sock');
  gateway = await startGateway(
    file,
    {
      version: 1,
      listeners: [{ name: 'public', address: '127.0.0.1:0' }],
      // biome-ignore lint/suspicious/noTemplateCurlyInString: a reference of the config, not of JavaScript
      admin: { address: `unix:${adminSocket}`, token: '${env:TEST_ADMIN_TOKEN}' },
      runtime: { acceptors: 1 },
    } as never,
    { env: { TEST_ADMIN_TOKEN: TOKEN } },
  );
});

const COMMANDS = ['run', 'validate', 'explain', 'test', 'diff', 'hash-password', 'status'] as const;

describe('every command', () => {
  it('explains itself with --help: usage, exit codes and an example', () => {
    const results = penstockEach(COMMANDS.map((command) => [command, '--help']));
    COMMANDS.forEach((command, index) => {
      const { status, stdout, stderr } = results[index]!;
      assert.deepEqual([status, stderr], [0, ''], command);
      assert.match(stdout, new RegExp(`^Usage: penstock ${command} `));
      assert.match(stdout, /^Exit codes?: 0 .*, 1 .*, 2 wrong use\.$/m);
      assert.match(stdout, new RegExp(`^Examples?:\\n {2}penstock ${command} `, 'm'));
    });
  });

  it('refuses options and arguments it does not know with 2 and its help on stderr', () => {
    const uses = COMMANDS.flatMap((command) => {
      const wanted = { explain: ['GET', '/'], diff: ['a.yaml', 'b.yaml'] }[command as string] ?? [];
      return [['--colour'], [...wanted, 'surplus'], ['-c']].map((wrong) => [command, ...wrong]);
    });
    penstockEach(uses).forEach(({ status, stdout, stderr }, index) => {
      const [command] = uses[index]!;
      assert.deepEqual([status, stdout], [2, ''], uses[index]!.join(' '));
      assert.match(stderr, new RegExp(`^penstock ${command}: [^]*\\n\\nUsage: penstock ${command} `));
    });
  });
});

describe('penstock without a command', () => {
  it('lists the commands: with --help as asked, otherwise as wrong use', () => {
    const asked = penstock(['--help']);
    assert.equal(asked.status, 0);
    for (const command of COMMANDS) assert.match(asked.stdout, new RegExp(`^ {2}${command} `, 'm'));
    assert.match(asked.stdout, /Example: penstock run/);
    assert.deepEqual(penstock([]), { status: 2, stdout: '', stderr: asked.stdout });
    const unknown = penstock(['rum']);
    assert.deepEqual([unknown.status, unknown.stdout], [2, '']);
    assert.match(unknown.stderr, /^penstock: there is no command "rum"\.\n\nUsage:/);
  });
});

describe('penstock status', () => {
  it('finds the admin address and the token in the config of a running gateway', () => {
    const { status, stdout, stderr } = penstock(['status', '-c', gateway.configPath], { TEST_ADMIN_TOKEN: TOKEN });
    assert.deepEqual([status, stderr], [0, '']);
    assert.match(stdout, /^READY: 1 of 1 acceptors serve generation 1\.\n/);
    assert.match(stdout, new RegExp(`^CONFIG\\n.*\\nfrom ${gateway.configPath}$`, 'm'));
  });

  it('takes an address and a token of its own, and prints JSON when asked', () => {
    const admin = ['--admin', `unix:${adminSocket}`];
    const answered = penstock(['status', ...admin, '--json'], { PENSTOCK_ADMIN_TOKEN: TOKEN });
    assert.equal(answered.status, 0, answered.stderr);
    assert.equal(JSON.parse(answered.stdout).config.generation, 1);
    const refused = penstock(['status', ...admin], { PENSTOCK_ADMIN_TOKEN: 'wrong' });
    assert.equal(refused.status, 1);
    assert.match(refused.stderr, /did not accept the token/);
  });

  it('says in one sentence when nobody answers, or the config cannot be read', (t) => {
    const nobody = penstock(['status', '--admin', 'unix:/nonexistent/admin.sock']);
    assert.equal(nobody.status, 1);
    assert.match(nobody.stderr, /^penstock status: no answer from the gateway's admin address .*\n$/);
    const path = join(tempDir(t as never), 'bad.yaml');
    writeFileSync(path, 'version: 2\n');
    const bad = penstock(['status', '-c', path]);
    assert.equal(bad.status, 1);
    assert.match(bad.stderr, /bad\.yaml:1:10: /);
  });
});
