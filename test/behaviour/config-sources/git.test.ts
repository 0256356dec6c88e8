import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { readStatus, until } from '../../support/admin.ts';
import { type Gateway, startGateway } from '../../support/gateway.ts';
import { GIT_ENVIRONMENT, GitRepository } from '../../support/git-repository.ts';
import type { Lifetime } from '../../support/lifetime.ts';
import { tempDir } from '../../support/temp-dir.ts';

const SECRET = 'the-secret-of-the-hook';
const PATH = 'gateway/penstock.json';

/** A config whose only route answers by itself, so that a request shows which config runs. */
function configOf(answer: string) {
  return {
    version: 1,
    listeners: [{ name: 'public', address: '127.0.0.1:0' }],
    admin: { address: '127.0.0.1:0', token: 'admin-token-for-tests' },
    runtime: { acceptors: 1, drainTimeout: '1s' },
    telemetry: { accessLog: 'none' },
    upstreams: { none: { endpoints: ['http://127.0.0.1:9'] } },
    routes: [
      { name: 'one', match: { path: '/*' }, policies: [{ redirect: { to: `/${answer}` } }], forward: { upstream: 'none' } },
    ],
  };
}
const textOf = (answer: string): string => JSON.stringify(configOf(answer), null, 2);
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

async function answerOf(gateway: Gateway): Promise<string | null> {
  const response = await fetch(gateway.urlOf('public'), { redirect: 'manual' });
  return response.headers.get('location');
}

describe('a gateway on a Git repository', () => {
  it('follows what is pushed, and names what runs by its commit', async (t) => {
    const repository = new GitRepository(t);
    const state = tempDir(t);
    const first = repository.commit({ [PATH]: textOf('first') });
    const gateway = await startOn(t, repository.path, state);
    const status = () => readStatus(gateway);
    assert.equal((await status()).config.label, short(first));
    assert.equal(await answerOf(gateway), '/first');
  });
});
