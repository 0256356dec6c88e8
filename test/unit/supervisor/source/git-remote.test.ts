import assert from 'node:assert/strict';
import { chmodSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import type { Millis } from '../../../../src/brand.ts';
import { type GitLocation, gitLocation } from '../../../../src/supervisor/source/git-location.ts';
import { GIT_LIMITS, type GitLimits, GitRemote } from '../../../../src/supervisor/source/git-remote.ts';
import type { GitCredential, GitError } from '../../../../src/supervisor/source/run-git.ts';
import { until } from '../../../support/admin.ts';
import { GIT_ENVIRONMENT, GitRepository } from '../../../support/git-repository.ts';
import { tempDir } from '../../../support/temp-dir.ts';

Object.assign(process.env, GIT_ENVIRONMENT);

interface Wanted {
  readonly ref?: string;
  readonly path?: string;
  readonly limits?: Partial<GitLimits>;
  readonly credential?: GitCredential;
}

function remoteOf(url: string, { ref = 'main', path = 'gateway', limits, credential }: Wanted = {}): GitRemote {
  const location = gitLocation({ url, ref, path }) as GitLocation;
  return new GitRemote(location, async () => credential ?? null, { ...GIT_LIMITS, ...limits });
}

const FILES = { 'gateway/a.yaml': 'a: 1\n', 'docs/ü b.md': 'hello' } as const;

/** What is refused, with whether it is of no use to try again. */
async function refused(action: Promise<unknown>): Promise<GitError> {
  let error: unknown = null;
  await action.catch((thrown: unknown) => (error = thrown));
  assert.ok(error instanceof Error, 'it was not refused');
  return error as GitError;
}

/** Has a shell script stand for `git`. */
function fakeGit(t: TestContext, script: string): void {
  const folder = tempDir(t);
  writeFileSync(join(folder, 'git'), `#!/bin/sh\n${script}\n`);
  chmodSync(join(folder, 'git'), 0o755);
  const { PATH } = process.env;
  process.env['PATH'] = `${folder}${delimiter}${PATH}`;
  t.after(() => (process.env['PATH'] = PATH!));
}

describe('a repository somewhere else', () => {
  for (const filter of ['true', 'false'])
    it(`gives the files of a commit${filter === 'true' ? ', and leaves out what is too large' : ''}`, async (t) => {
      const repository = new GitRepository(t);
      repository.git('config', 'uploadpack.allowFilter', filter);
      const first = repository.commit({ ...FILES, large: 'x'.repeat(5000), link: { link: '/etc/passwd' } });
      const folder = tempDir(t);
      const remote = remoteOf(repository.path, { limits: { fileBytes: 1000 } });
      assert.deepEqual(await remote.tip(folder), { name: 'refs/heads/main', commit: first });
      assert.deepEqual(await remote.fetch('refs/heads/main', folder, null), { commit: first, isRewritten: false });
      assert.equal(readFileSync(join(folder, first, 'docs/ü b.md'), 'utf8'), 'hello');
      const written = ['docs', 'gateway', ...(filter === 'true' ? [] : ['large'])];
      assert.deepEqual(readdirSync(join(folder, first)).toSorted(), written, 'no link, no .git');

      const second = repository.commit({ 'gateway/a.yaml': 'a: 2\n' });
      assert.equal((await remote.fetch('refs/heads/main', folder, first)).isRewritten, false);
      const third = repository.amend({ 'gateway/a.yaml': 'a: 3\n' });
      assert.equal((await remote.fetch('refs/heads/main', folder, second)).isRewritten, true);
      assert.equal(readFileSync(join(folder, third, 'gateway/a.yaml'), 'utf8'), 'a: 3\n');
      assert.deepEqual(readdirSync(folder).toSorted(), [first, second, third].toSorted(), 'nothing else is left');
    });

  it('is followed at a tag, and says when there is no such ref', async (t) => {
    const repository = new GitRepository(t);
    const commit = repository.commit(FILES);
    repository.git('tag', '--annotate', '--message=x', 'v1');
    const folder = tempDir(t);
    assert.deepEqual(await remoteOf(repository.path, { ref: 'v1' }).tip(folder), { name: 'refs/tags/v1', commit });
    const { message } = await refused(remoteOf(repository.path, { ref: 'absent' }).tip(folder));
    assert.equal(message, 'the repository has no branch or tag absent');
  });

  it('is refused for good where its commit cannot be used, and leaves nothing', async (t) => {
    const repository = new GitRepository(t);
    repository.commit({ ...FILES, linked: { link: 'gateway' }, 'own/link.yaml': { link: '/etc/passwd' } });
    const cases: readonly (readonly [Wanted, RegExp])[] = [
      [{ path: 'absent.yaml' }, /the commit holds no absent\.yaml/],
      [{ path: 'linked/a.yaml' }, /linked of the commit is a symbolic link/],
      [{ path: 'own' }, /own\/link\.yaml of the commit is a symbolic link/],
      [{ limits: { treeFiles: 1 } }, /holds 2 files, expected at most 1/],
      [{ limits: { treeBytes: 3 } }, /take 10B, expected at most 3B/],
      [{ limits: { fetchBytes: 10 } }, /brought more than 10B/],
    ];
    const folder = tempDir(t);
    for (const [wanted, message] of cases) {
      const error = await refused(remoteOf(repository.path, wanted).fetch('refs/heads/main', folder, null));
      assert.match(error.message, message);
      assert.equal(error.isFinal, true);
    }
    assert.deepEqual(readdirSync(folder), []);
  });

  it('cannot have anything written beside the folder of a commit', async (t) => {
    const repository = new GitRepository(t);
    repository.commit(FILES);
    const blob = Buffer.from(repository.git('rev-parse', 'HEAD:gateway/a.yaml').trim(), 'hex');
    const path = join(repository.path, 'tree');
    const treeOf = (name: string, id: Buffer, mode: string): string => {
      writeFileSync(path, Buffer.concat([Buffer.from(`${mode} ${name}\0`), id]));
      return repository.git('hash-object', '-t', 'tree', '--literally', '-w', path).trim();
    };
    const inner = treeOf('escaped', blob, '100644');
    const evil = treeOf('..', Buffer.from(inner, 'hex'), '40000');
    repository.git('update-ref', 'refs/heads/evil', repository.git('commit-tree', evil, '-m', 'x').trim());
    const folder = tempDir(t);
    const error = await refused(remoteOf(repository.path, { ref: 'evil' }).fetch('refs/heads/evil', folder, null));
    assert.match(error.message, /which no commit may/);
    assert.deepEqual(readdirSync(folder), []);
  });
});

describe('the command git', () => {
  const CREDENTIAL = { username: 'me', password: 'hidden-password' };

  it('is ended with all it has started when it takes too long', async (t) => {
    const folder = tempDir(t);
    fakeGit(t, `sleep 600 & echo $! > '${folder}/child'; wait`);
    const error = await refused(remoteOf('/x', { limits: { lookMs: 300 as Millis } }).tip(folder));
    assert.match(error.message, /git ls-remote took longer than 0\.3 s/);
    const child = readFileSync(join(folder, 'child'), 'utf8').trim();
    await until('ended', async () => hasEnded(child), Boolean);
  });

  it('is ended when it brings or prints more than it may, and when the gateway stops', async (t) => {
    const folder = tempDir(t);
    fakeGit(
      t,
      'case "$*" in *init*) mkdir -p objects/pack;; *--depth*) while :; do echo 0123456789; done > objects/pack/tmp;; *) yes;; esac',
    );
    const remote = remoteOf('/x', { limits: { fetchBytes: 10_000 } });
    assert.match((await refused(remote.fetch('refs/heads/main', folder, null))).message, /brought more than 10000B/);
    assert.match((await refused(remote.tip(folder))).message, /printed more than/);
    const other = remoteOf('/x');
    const asked = refused(other.tip(folder));
    other.close();
    assert.match((await asked).message, /the gateway stops/);
  });

  it('gets a credential by no command line, and what it says of it is not told', async (t) => {
    const folder = tempDir(t);
    fakeGit(
      t,
      `echo "$*" > '${folder}/arguments'; env > '${folder}/environment'; echo "fatal: $PENSTOCK_GIT_PASSWORD is wrong" >&2; exit 128`,
    );
    process.env['ACME_SECRET'] = 'not-for-git';
    process.env['GIT_DIR'] = '/elsewhere';
    t.after(() => {
      delete process.env['ACME_SECRET'];
      delete process.env['GIT_DIR'];
    });
    const { message } = await refused(remoteOf('https://h/x', { credential: CREDENTIAL }).tip(folder));
    assert.equal(message, 'git ls-remote failed: fatal: *** is wrong');
    assert.doesNotMatch(readFileSync(join(folder, 'arguments'), 'utf8'), /hidden/);
    const environment = readFileSync(join(folder, 'environment'), 'utf8');
    assert.match(environment, /^GIT_TERMINAL_PROMPT=0$/m);
    assert.match(environment, /^GIT_ALLOW_PROTOCOL=file:https:ssh$/m);
    assert.doesNotMatch(environment, /not-for-git|elsewhere/);
  });

  it('is asked for where there is none', async (t) => {
    const { PATH } = process.env;
    process.env['PATH'] = tempDir(t);
    t.after(() => (process.env['PATH'] = PATH!));
    assert.match((await refused(remoteOf('/x').tip(tempDir(t)))).message, /cannot be run, expected it on the PATH/);
  });
});

/** A zombie that nobody has waited for yet has ended too. */
function hasEnded(pid: string): boolean {
  const path = `/proc/${pid}/stat`;
  return !existsSync(path) || readFileSync(path, 'utf8').includes(') Z ');
}
