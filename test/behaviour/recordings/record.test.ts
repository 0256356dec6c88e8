/** Recordings of a running gateway: what is in them, what never is, and what becomes of them when something goes wrong. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, it, type TestContext } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { readRecording } from '../../../src/recording/read-recording.ts';
import type { RecordedExchange } from '../../../src/recording/recorded-exchange.ts';
import { until } from '../../support/admin.ts';
import { within } from '../../support/deadline.ts';
import { fileLifetime } from '../../support/file-lifetime.ts';
import type { Gateway } from '../../support/gateway.ts';
import { repositoryRoot } from '../../support/repository-root.ts';
import { simpleOrigin } from '../../support/simple-origin.ts';
import { tempDir } from '../../support/temp-dir.ts';
import { ADMIN_TOKEN, askAdmin, recordedGateway, send, take } from './recorded-gateway.ts';

const file = fileLifetime();
let gateway: Gateway;

before(async () => {
  const origin = await simpleOrigin(file, (request, response) => {
    request.resume();
    request.on('end', () => response.end('twelve bytes'));
  });
  gateway = await recordedGateway(file, origin.url);
});

/** `penstock record` in a process of its own; resolves when it records. */
async function startRecord(t: TestContext, out: string, ...args: readonly string[]) {
  const command = [join(repositoryRoot, 'dist/src/main.js'), 'record', '--admin', new URL(gateway.urlOf('admin')).host];
  const env = { ...process.env, PENSTOCK_ADMIN_TOKEN: ADMIN_TOKEN };
  const child = spawn(process.execPath, [...command, '--out', out, ...args], { env });
  t.after(() => child.kill('SIGKILL'));
  let printed = '';
  const exit = once(child, 'exit').then(([code]) => ({ code, printed }));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (printed += text));
  const begun = new Promise<void>((resolve) => {
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      printed += text;
      if (printed.includes('recording into')) resolve();
    });
  });
  await within(begun, 'a recording', undefined, () => printed);
  return { child, exit: () => within(exit, 'exit of penstock record', undefined, () => printed) };
}

function headerOf({ headers }: RecordedExchange, name: string): string | undefined {
  return headers.find(([found]) => found === name)?.[1];
}

describe('a recording taken with the command', () => {
  it('has every exchange in the order of arrival, and no secret', async (t) => {
    const out = join(tempDir(t), 'traffic.ndjson.gz');
    const options = ['--exchanges', '24', '--bodies', '64B', '--pseudonymise', 'header:x-person'];
    const { exit } = await startRecord(t, out, ...options);
    const small = JSON.stringify({ user: 'me', password: 'hunter2-hunter2' });
    for (let i = 0; i < 8; i++) {
      const secrets = [
        'x-who: acme-key-0123456789',
        'Cookie: sid=session-5e55',
        'X-Person: Ada',
        'X-Forwarded-For: 1.2.3.4',
      ];
      await send(t, gateway, `/guarded/${i}?who=nobody-${i}&x=1`, i % 2 === 0 ? secrets : []);
      await send(t, gateway, '/a', [`Authorization: Bearer token-${i % 2}-abcdefghijkl`], 'x'.repeat(100));
      await send(t, gateway, '/b', ['Content-Type: application/json'], small);
    }
    const { code, printed } = await exit();
    assert.equal(code, 0, printed);
    assert.match(printed, /traffic\.ndjson\.gz: 24 exchanges, 0 dropped\n$/);
    const text = gunzipSync(readFileSync(out)).toString();
    assert.doesNotMatch(text, /acme-key|nobody|5e55|Ada|1\.2\.3\.4|127\.0\.0\.1|token-[01]|hunter2/);

    const recording = await readRecording(out);
    const exchanges: RecordedExchange[] = [];
    for await (const exchange of recording) exchanges.push(exchange);
    assert.equal(exchanges.length, 24);
    assert.equal(recording.badLines, 0);
    const guarded = exchanges.filter(({ route }) => route === 'guarded');
    assert.deepEqual(
      guarded.map(({ path }) => path.slice(0, 15)),
      Array.from({ length: 8 }, (_, i) => `/guarded/${i}?who=`),
    );
    assert.equal(guarded[0]!.status, 200);
    assert.equal(guarded[0]!.consumer, 'acme');
    assert.equal(guarded[1]!.status, 401);
    assert.equal(guarded[1]!.upstreamMs, null);
    assert.match(headerOf(guarded[0]!, 'cookie')!, /^sid=pseudonym-/);
    assert.match(guarded[0]!.client!, /^10\./);
    assert.equal(new Set(exchanges.map(({ client }) => client)).size, 1);

    const posts = exchanges.filter(({ path }) => path === '/a');
    const tokens = posts.map((post) => headerOf(post, 'authorization')!);
    assert.match(tokens[0]!, /^Bearer pseudonym-/);
    assert.equal(new Set(tokens).size, 2);
    assert.equal(tokens[0], tokens[2]);
    const sha256 = createHash('sha256').update('x'.repeat(100)).digest('hex');
    assert.deepEqual(posts[0]!.body, { bytes: 100, sha256 });
    assert.equal(posts[0]!.responseBytes, 12);
    assert.ok(posts[0]!.upstreamMs! > 0);
    const { body } = exchanges.find(({ path }) => path === '/b')!;
    assert.match((body as { text: string }).text, /^\{"user":"me","password":"pseudonym-/);
  });

  it('is whole when Ctrl-C ends it', async (t) => {
    const out = join(tempDir(t), 'traffic.ndjson');
    const { child, exit } = await startRecord(t, out);
    for (let i = 0; i < 6; i++) await send(t, gateway, `/${i}`);
    child.kill('SIGINT');
    const { code, printed } = await exit();
    assert.equal(code, 0, printed);
    const recording = await readRecording(out);
    let count = 0;
    for await (const { path } of recording) assert.equal(path, `/${count++}`);
    assert.deepEqual(recording.end, { end: { exchanges: 6, dropped: 0 } });
    assert.deepEqual(readdirSync(join(out, '..')), ['traffic.ndjson']);
  });
});

describe('a recording taken over the admin API', () => {
  it('goes on when an acceptor is killed, with the one that takes its place', async (t) => {
    const taken = await take(gateway, {});
    for (let i = 0; i < 20; i++) await send(t, gateway, `/before/${i}`);
    await taken.next(20);
    const status = () =>
      fetch(new URL('/status', gateway.urlOf('admin')), { headers: { authorization: `Bearer ${ADMIN_TOKEN}` } }).then(
        (response) => response.json() as Promise<{ acceptors: { pid: number; state: string }[] }>,
      );
    const victim = (await status()).acceptors[0]!.pid;
    process.kill(victim, 'SIGKILL');
    await until('two acceptors serve again', status, ({ acceptors }) => {
      const serving = acceptors.filter(({ state }) => state === 'serving');
      return serving.length === 2 && serving.every(({ pid }) => pid !== victim);
    });
    for (let i = 0; i < 20; i++) await send(t, gateway, `/after/${i}`);
    await askAdmin(gateway, '/recordings/stop', { recording: taken.number });
    const rest = await taken.rest();
    assert.deepEqual(
      rest.map(({ path }) => path),
      Array.from({ length: 20 }, (_, i) => `/after/${i}`),
    );
    assert.deepEqual(taken.recording.end, { end: { exchanges: 40, dropped: 0 } });
  });

  it('ends when its reader leaves, and until then there is no other', async (t) => {
    const reader = new AbortController();
    const taken = await take(gateway, { seconds: 600 }, reader.signal);
    const busy = await askAdmin(gateway, '/recordings', {});
    assert.equal(busy.status, 409);
    assert.equal(((await busy.json()) as { code: string }).code, 'admin_busy');
    reader.abort();
    await assert.rejects(taken.rest());
    const next = await until(
      'free for another recording',
      () => askAdmin(gateway, '/recordings', { exchanges: 1 }),
      ({ status }) => status === 200,
    );
    // The acceptors hear of it a moment later.
    await until(
      'recorded',
      async () => (await send(t, gateway, '/x')).status,
      () => true,
    );
    for (let i = 0; i < 3; i++) await send(t, gateway, '/x');
    assert.match(await next.text(), /"end":\{"exchanges":1,/);
  });

  it('drops and counts what a reader does not take, and ends with the true counts', async (t) => {
    const response = await askAdmin(gateway, '/recordings', { bodies: 256 * 1024 });
    const number = Number(response.headers.get('penstock-recording'));
    const body = 'x'.repeat(250_000);
    const SENT = 80;
    await Promise.all(Array.from({ length: SENT }, () => send(t, gateway, '/big', ['Content-Type: text/plain'], body)));
    await askAdmin(gateway, '/recordings/stop', { recording: number });
    const text = await response.text();
    const { end } = JSON.parse(text.trimEnd().split('\n').at(-1)!) as { end: { exchanges: number; dropped: number } };
    assert.ok(end.dropped > 0);
    assert.equal(end.exchanges + end.dropped, SENT);
    assert.equal(text.match(/"path":"\/big"/g)!.length, end.exchanges);
  });

  it('has the digest of a body that policies look at, too, and of one that comes in chunks', async (t) => {
    const taken = await take(gateway, { exchanges: 2 });
    const body = 'y'.repeat(20_000);
    const sha256 = createHash('sha256').update(body).digest('hex');
    await send(t, gateway, '/mirrored', [], body);
    const chunked = { method: 'POST', body: new Blob([body]).stream(), duplex: 'half' } as RequestInit;
    await fetch(new URL('/chunked', gateway.urlOf('public')), chunked);
    const exchanges = await taken.rest();
    assert.deepEqual(
      exchanges.map(({ route, body: found }) => [route, found]),
      [
        ['mirrored', { bytes: body.length, sha256 }],
        ['open', { bytes: body.length, sha256 }],
      ],
    );
  });

  it('takes a share, and ends when its time is over', async (t) => {
    const taken = await take(gateway, { share: 0.000001, seconds: 0.2 });
    await send(t, gateway, '/not-picked');
    assert.deepEqual(await taken.rest(), []);
    assert.deepEqual(taken.recording.end, { end: { exchanges: 0, dropped: 0 } });
  });

  it('says what is wrong with a request for one', async () => {
    const details: string[] = [];
    for (const body of [
      { second: 1 },
      { share: 0 },
      { bodies: 1e9 },
      { exchanges: 1.5 },
      { pseudonymise: { headers: 'a' } },
    ]) {
      const response = await askAdmin(gateway, '/recordings', body);
      assert.equal(response.status, 400);
      details.push(((await response.json()) as { detail: string }).detail.slice(0, 29));
    }
    assert.deepEqual(details, [
      'There is no member "second"; ',
      'share is not a number above 0',
      'bodies is not a number of byt',
      'exchanges is not a whole numb',
      'headers and queries of pseudo',
    ]);
  });
});
