import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { Status } from '../../../src/supervisor/admin/status.ts';
import { until } from '../../support/admin.ts';
import { type Gateway, startGateway } from '../../support/gateway.ts';
import { GIT_ENVIRONMENT, GitRepository } from '../../support/git-repository.ts';
import type { Lifetime } from '../../support/lifetime.ts';
import { tempDir } from '../../support/temp-dir.ts';
import { answerOf, configOf, statusOf, TOKEN, textOf } from './answering-gateway.ts';

const SECRET = 'the-secret-of-the-hook';
const PATH = 'gateway/penstock.json';

const short = (commit: string): string => commit.slice(0, 12);

async function startOn(lifetime: Lifetime, repository: string, state: string, more: readonly string[] = []) {
  const secretFile = join(tempDir(lifetime), 'secret');
  writeFileSync(secretFile, `${SECRET}\n`);
  const hook = ['--git-webhook-secret-file', secretFile];
  return startGateway(lifetime, configOf('unused'), {
    source: ['--git', repository, '--path', PATH, '--poll', '1h', '--state', state, ...hook, ...more],
    env: GIT_ENVIRONMENT,
  });
}

async function push(gateway: Gateway, headers: (body: string) => Record<string, string>, ref = 'refs/heads/main') {
  const body = JSON.stringify({ ref, after: 'never looked at' });
  const url = new URL('/source/push', gateway.urlOf('admin'));
  const response = await fetch(url, { method: 'POST', body, headers: headers(body) });
  return { status: response.status, text: await response.text() };
}
const hmac = (body: string, secret = SECRET): string => createHmac('sha256', secret).update(body).digest('hex');
const signed = (body: string) => ({ 'x-hub-signature-256': `sha256=${hmac(body)}` });

const WRONG_SIGNATURES: readonly (readonly [string, (body: string) => Record<string, string>])[] = [
  ['none', () => ({})],
  ['of another secret', (body) => ({ 'x-hub-signature-256': `sha256=${hmac(body, 'another')}` })],
  ['of another body', () => signed('{}')],
  ['not hexadecimal', () => ({ 'x-hub-signature-256': 'sha256=zz' })],
  ['another token', () => ({ 'x-gitlab-token': 'another' })],
  ['the token of the admin API', () => ({ authorization: `Bearer ${TOKEN}` })],
];

/** Says that something was pushed, and waits until the status shows what came of it. */
async function pushed(gateway: Gateway, what: string, isThere: (config: Status['config']) => boolean): Promise<Status> {
  assert.equal((await push(gateway, signed)).status, 202);
  return until(
    what,
    () => statusOf(gateway),
    ({ config }) => isThere(config),
  );
}

describe('a gateway on a Git repository', () => {
  it('follows what is pushed, and names what runs by its commit', async (t) => {
    const repository = new GitRepository(t);
    const state = tempDir(t);
    const first = repository.commit({ [PATH]: textOf('first') });
    const gateway = await startOn(t, repository.path, state);
    const { config } = await statusOf(gateway);
    assert.deepEqual([config.label, config.source], [short(first), `${repository.path}#main:${PATH}`]);
    assert.equal(await answerOf(gateway), '/first');

    const second = repository.commit({ [PATH]: textOf('second') });
    for (const [what, headers] of WRONG_SIGNATURES) {
      const refused = await push(gateway, headers);
      assert.equal(refused.status, 401, what);
      assert.doesNotMatch(refused.text, new RegExp(SECRET));
    }
    assert.equal(
      (await push(gateway, signed, 'refs/heads/other')).status,
      200,
      'another branch is none of its business',
    );
    assert.equal((await statusOf(gateway)).config.label, short(first));
    await pushed(gateway, 'the second commit', ({ label }) => label === short(second));
    assert.equal(await answerOf(gateway), '/second');

    // A commit about something else is what runs is called by, and nothing is published.
    const { generation } = (await statusOf(gateway)).config;
    const other = repository.commit({ 'README.md': 'hello' });
    const after = await pushed(gateway, 'the commit of the README', ({ label }) => label === short(other));
    assert.deepEqual([after.config.generation, after.config.isDrifting], [generation, false]);

    // A bad one changes nothing and says where.
    const bad = repository.commit({ [PATH]: textOf('bad').replace('"listeners"', '"listners"') });
    const refused = await pushed(gateway, 'the refusal', ({ lastError }) => lastError !== null);
    assert.match(refused.config.lastError!.message, /^gateway\/penstock\.json:\d+:\d+: .*listners/m);
    assert.deepEqual([refused.config.generation, refused.config.label], [generation, short(other)]);
    assert.equal(refused.config.isDrifting, true);
    assert.match(refused.config.drift.join(), new RegExp(short(bad)));
    assert.equal(await answerOf(gateway), '/second');

    // Its author takes it back by force.
    const mended = repository.amend({ [PATH]: textOf('mended') });
    await pushed(gateway, 'the mended commit', ({ label }) => label === short(mended));
    assert.match(
      gateway.stderr,
      new RegExp(`history of refs/heads/main was rewritten: ${short(bad)} is no part of that of ${short(mended)}`),
    );

    // What leads out of the repository is not followed.
    repository.commit({ [PATH]: { link: '/etc/passwd' } });
    const linked = await pushed(gateway, 'the refusal of the link', ({ lastError }) => lastError !== null);
    assert.match(
      linked.config.lastError!.message,
      /gateway\/penstock\.json of the commit is a symbolic link, which is not followed/,
    );
    assert.doesNotMatch(JSON.stringify(linked), /root:/);

    // Nobody can be asked any more: what runs goes on, also after a restart.
    const gone = `${repository.path}-gone`;
    renameSync(repository.path, gone);
    t.after(() => rmSync(gone, { recursive: true, force: true }));
    assert.equal((await push(gateway, signed)).status, 202);
    await gateway.printed(/cannot be reached, what runs goes on/);
    assert.equal(await answerOf(gateway), '/mended');
    await gateway.stop();
    const again = await startOn(t, repository.path, state);
    await again.printed(/the config was not taken; the last good one, [0-9a-f]+, is taken instead/);
    assert.equal(await answerOf(again), '/mended');
    assert.equal((await statusOf(again)).config.label, short(mended));

    // It can be asked again, and there is something new.
    renameSync(gone, repository.path);
    const third = repository.commit({ [PATH]: textOf('third') });
    await pushed(again, 'the third commit', ({ label }) => label === short(third));
    assert.equal(await answerOf(again), '/third');
    const headers = { authorization: `Bearer ${TOKEN}` };
    const told = await fetch(new URL('/history', again.urlOf('admin')), { headers });
    const { entries } = (await told.json()) as { readonly entries: readonly { readonly label: string | null }[] };
    assert.ok(entries.some(({ label }) => label === short(second)));
  });
});
