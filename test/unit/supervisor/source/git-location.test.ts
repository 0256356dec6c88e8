import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type GitLocation, gitLocation, isInside } from '../../../../src/supervisor/source/git-location.ts';

const at = (url: string, ref = 'main', path = 'penstock.yaml') => gitLocation({ url, ref, path });

describe('the place of a config in a Git repository', () => {
  it('may be written in every usual way', () => {
    for (const url of [
      '/srv/git/gateway.git',
      'file:///srv/git/gateway.git',
      'https://git.example.com/team/gateway.git',
      'https://git.example.com:8443/team/gateway.git',
      'ssh://git@git.example.com:2222/team/gateway.git',
      'git@github.com:team/gateway.git',
      'host:gateway.git',
    ])
      assert.deepEqual(at(url), { url, credential: null, ref: 'main', path: 'penstock.yaml' }, url);
  });

  it('is parted from the credential, which is never part of a message', () => {
    const found = at('https://me:hidden%21@git.example.com/x.git') as GitLocation;
    assert.equal(found.url, 'https://git.example.com/x.git');
    assert.deepEqual(found.credential, { username: 'me', password: 'hidden!' });
    for (const url of [
      'ssh://me:hidden@h/x',
      'https://h/x?token=hidden',
      'http://me:hidden@h/x',
      'https://me:hidden@h /x',
      'ftp://me:hidden@h/x',
    ]) {
      const problem = at(url);
      assert.equal(typeof problem, 'string', url);
      assert.doesNotMatch(problem as string, /hidden/);
    }
  });

  it('cannot be an option, a program or another protocol', () => {
    for (const url of [
      '-oProxyCommand=id',
      '--upload-pack=id',
      'ext::sh -c id',
      'ext::id',
      'fd::7',
      'http://h/x',
      'ssh://-oProxyCommand=id/x',
      'ssh://-x@h/x',
      '-x@h:y',
      '-h:y',
      'relative/path',
      '',
      'h:-x\n',
      'file://host/x',
    ])
      assert.equal(typeof at(url), 'string', url);
  });

  it('takes names of branches and tags only as refs, and paths inside only', () => {
    for (const ref of ['main', 'release/1.2', 'v1.2.3', 'refs/heads/main', 'feature_x', 'a+b'])
      assert.equal(typeof at('/x', ref), 'object', ref);
    for (const ref of [
      '-main',
      '--all',
      'a..b',
      'a:b',
      'a b',
      '',
      'a/',
      '/a',
      'a.lock',
      'a//b',
      'a/.b',
      'HEAD~1',
      'a^',
      'a@{1}',
      '*',
    ])
      assert.equal(typeof at('/x', ref), 'string', ref);
    for (const path of ['/etc/passwd', '../x', 'a/../../x', 'a//b', './x', '', '.', 'a\0b'])
      assert.equal(typeof at('/x', 'main', path), 'string', path);
    assert.equal((at('/x', 'main', 'gateway/') as GitLocation).path, 'gateway');
  });

  it('never lets anything through that git could take for an option', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string(), fc.string(), (url, ref, path) => {
        const found = gitLocation({ url, ref, path });
        if (typeof found === 'string') return;
        assert.ok(!found.url.startsWith('-') && !found.ref.startsWith('-') && isInside(found.path));
        assert.ok(/^(https|ssh|file):|^\/|^[\w.@-]+:/.test(found.url) && !found.url.includes('::'));
      }),
    );
  });
});
