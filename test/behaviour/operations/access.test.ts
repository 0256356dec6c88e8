/** Who may do what to a gateway, and that it can be read later. */
import assert from 'node:assert/strict';
import { readFileSync, statSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import { fileLifetime } from '../../support/file-lifetime.ts';
import { startGateway } from '../../support/gateway.ts';
import { requestOnce } from '../../support/raw-client.ts';
import { tempDir } from '../../support/temp-dir.ts';
import { configOf, OperatedGateway, saying } from './operated-gateway.ts';

const file = fileLifetime();
const SECRETS = { operator: 'o-secret-o-secret', viewer: 'v-secret-v-secret' } as const;
const state = tempDir(file);
/** What is tried here is the supervisor's. */
const SMALL = { runtime: { acceptors: 1 } };
let operated: OperatedGateway;

interface Line {
  readonly request: number;
  readonly who: string | null;
  readonly role: string | null;
  readonly from: string;
  readonly method: string;
  readonly path: string;
  readonly what: unknown;
  readonly why: string | null;
  readonly outcome: string;
  readonly status: number | null;
}

before(async () => {
  const token = (name: 'operator' | 'viewer') => ({ name: `the-${name}`, token: `\${env:${name}}`, role: name });
  const admin = { address: '127.0.0.1:0', tokens: [token('operator'), token('viewer')] };
  const config = configOf([saying('one')], { admin, ...SMALL });
  const gateway = await startGateway(file, config, { env: SECRETS, args: ['--state', state] });
  operated = new OperatedGateway(gateway, SECRETS.operator);
});

const as = (token: string) => ({ authorization: `Bearer ${token}` });
const lines = (): Line[] =>
  readFileSync(join(state, 'audit.ndjson'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);

describe('a token', () => {
  it('of a viewer shows everything but the files, and changes nothing', async () => {
    const viewer = as(SECRETS.viewer);
    for (const path of ['/status', '/history', '/drift', '/levers', '/openapi.json'])
      assert.equal((await operated.ask('GET', path, null, viewer)).status, 200, path);
    const { body } = await operated.ask<{ live: string }>('GET', '/history');
    assert.equal((await operated.ask('GET', `/history/${body.live}`, null, viewer)).status, 200);
    const files = `/history/${body.live}/files`;
    assert.equal((await operated.ask('GET', files, null, viewer)).status, 403);
    for (const [method, path] of [
      ['POST', '/reload'],
      ['POST', '/rollback'],
      ['POST', '/levers'],
      ['DELETE', '/levers/abc'],
      ['DELETE', '/canary'],
      ['POST', '/cache/purge'],
      ['POST', '/recordings'],
    ] as const)
      assert.equal((await operated.ask(method, path, null, viewer)).status, 403, path);
    assert.equal((await operated.ask('POST', '/reload', null, as('o-secret'))).status, 401);
  });

  it("of an operator shows the files as they were written, with no reference's value", async () => {
    const { body } = await operated.ask<{ live: string }>('GET', '/history');
    const { body: found } = await operated.ask<{ files: { text: string }[] }>('GET', `/history/${body.live}/files`);
    assert.equal(found.files[0]!.text, readFileSync(operated.gateway.configPath, 'utf8'));
    assert.ok(!JSON.stringify(found).includes(SECRETS.operator));
  });
});

describe('the audit log', () => {
  it('tells who did what, why, and what came of it, and who was refused', async () => {
    const from = lines().length;
    await operated.ask('POST', '/reload', { why: 'because' });
    await operated.ask('POST', '/levers', { kind: 'kill-route', route: 'nothing', why: 'a fire' });
    await operated.ask('POST', '/rollback', { id: 'no' });
    await operated.ask('POST', '/reload', { why: 'mine' }, as(SECRETS.viewer));
    await operated.ask('POST', '/reload', { why: 'mine' }, as('guessed-token'));
    const told = lines()
      .slice(from)
      .map(({ who, method, path, what, why, outcome, status }) => [
        who,
        `${method} ${path}`,
        what,
        why,
        outcome,
        status,
      ]);
    const lever = { kind: 'kill-route', route: 'nothing', why: 'a fire' };
    assert.deepEqual(told, [
      ['the-operator', 'POST /reload', { why: 'because' }, 'because', 'begun', null],
      ['the-operator', 'POST /reload', { why: 'because' }, 'because', 'done', 200],
      ['the-operator', 'POST /levers', lever, 'a fire', 'begun', null],
      ['the-operator', 'POST /levers', lever, 'a fire', 'admin_refused', 409],
      ['the-operator', 'POST /rollback', null, null, 'admin_request_invalid', 400],
      ['the-viewer', 'POST /reload', null, null, 'admin_forbidden', 403],
      [null, 'POST /reload', null, null, 'admin_unauthorized', 401],
    ]);
    const [begun, done] = lines().slice(from);
    assert.equal(begun!.request, done!.request);
    assert.equal(begun!.from, '127.0.0.1');
    assert.equal(statSync(join(state, 'audit.ndjson')).mode & 0o777, 0o600);
    assert.ok(!readFileSync(join(state, 'audit.ndjson'), 'utf8').includes('secret'));
    assert.match(operated.gateway.stderr, /an admin token that is none was shown by 127\.0\.0\.1/);
    assert.ok(!operated.gateway.stderr.includes('guessed-token'));
  });

  it('does not grow with the requests of strangers', async () => {
    const from = lines().length;
    await Promise.all(
      Array.from({ length: 50 }, () => operated.ask('POST', '/reload', null, as('guessed-token-again'))),
    );
    assert.ok(lines().length - from <= 21, `${lines().length - from} lines`);
  });
});

describe('a gateway that asks for no token', () => {
  let open: OperatedGateway;
  before(async () => {
    const admin = { address: '127.0.0.1:0', audit: '/dev/full' };
    open = await OperatedGateway.start(file, configOf([saying('one')], { admin, ...SMALL }));
  });

  it('changes nothing when that cannot be written down, and goes on', async () => {
    open.write(configOf([saying('two')], { admin: { address: '127.0.0.1:0', audit: '/dev/full' }, ...SMALL }));
    const { status, body } = await open.ask<{ code: string; detail: string }>('POST', '/reload');
    assert.deepEqual([status, body.code], [503, 'admin_unaudited']);
    assert.match(body.detail, /\/dev\/full cannot be written: .*ENOSPC/);
    assert.deepEqual([...(await open.answers())], ['200 one']);
    assert.equal((await open.ask('GET', '/status')).status, 200);
  });

  it('is not to be had by web pages', async () => {
    const pages = [{ origin: 'http://evil.test' }, { origin: 'null' }, { 'sec-fetch-site': 'cross-site' }];
    for (const headers of pages) {
      const { status, body } = await open.ask<{ code: string }>('POST', '/reload', null, headers);
      assert.deepEqual([status, body.code], [403, 'admin_from_browser']);
    }
    const port = Number(new URL(open.gateway.urlOf('admin')).port);
    const statusFor = async (host: string) =>
      (await requestOnce(file, port, `POST /canary/promote HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 0\r\n\r\n`))
        .status;
    assert.equal(await statusFor('evil.test'), 403, 'a name that was made to point here');
    assert.equal(await statusFor('127.0.0.1.evil.test'), 403);
    assert.equal(await statusFor(`localhost:${port}`), 503, 'as far as the audit log');
    assert.equal(await statusFor('[::1]'), 503);
  });

  it('is there for others while clients of its admin address never read', async () => {
    const { body } = await open.ask<{ live: string }>('GET', '/history');
    const port = Number(new URL(open.gateway.urlOf('admin')).port);
    for (let i = 0; i < 10; i++) {
      const socket = connect(port, '127.0.0.1');
      file.after(() => socket.destroy());
      socket.on('error', () => {});
      socket.pause();
      socket.write(`GET /history/${body.live}/files HTTP/1.1\r\nHost: localhost\r\n\r\n`.repeat(50));
      socket.write('GET /history HTTP/1.1\r\nHost: localhost\r\n\r\n'.repeat(50));
    }
    assert.equal((await open.ask('GET', '/status')).status, 200);
    assert.deepEqual([...(await open.answers())], ['200 one']);
  });
});
