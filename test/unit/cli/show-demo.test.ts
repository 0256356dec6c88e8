import assert from 'node:assert/strict';
import { test } from 'node:test';
import { showDemo } from '../../../src/cli/show-demo.ts';
import { rawOrigin } from '../../support/raw-origin.ts';
import { recordingOrigin } from '../../support/recording-origin.ts';

const LAST_LINE = 'README.md says what to try next. Ctrl-C stops the gateway.\n';

async function shownFor(url: string): Promise<string[]> {
  const pieces: string[] = [];
  await showDemo(url, { out: (text) => pieces.push(text), error: assert.fail });
  return pieces;
}

test('shows a curl line with the whole answer, in one piece', async (t) => {
  const origin = await recordingOrigin(t);
  const [shown, last] = await shownFor(origin.url);
  assert.match(
    shown!,
    /^\n\$ curl -i http:\/\/127\.0\.0\.1:\d+\/catalog\/42\nHTTP\/1\.1 200 OK\ncontent-type: text\/plain\n(.+\n)*\nrecorded\n\n$/,
  );
  assert.equal(last, LAST_LINE);
  assert.deepEqual(
    origin.seen.map(({ method, target }) => `${method} ${target}`),
    ['GET /catalog/42'],
  );
});

test('says so when no answer comes, and goes on', async (t) => {
  const origin = await rawOrigin(t, (connection) => connection.reset());
  const [failed, last] = await shownFor(`http://127.0.0.1:${origin.port}`);
  assert.match(failed!, /\/catalog\/42\nfailed: .+\n\n$/);
  assert.equal(last, LAST_LINE);
});

test('shows no curl line for an address that plain curl cannot ask', async () => {
  assert.deepEqual(await shownFor('unix:/run/penstock.sock'), [LAST_LINE]);
  assert.deepEqual(await shownFor('https://127.0.0.1:8443'), [LAST_LINE]);
});
