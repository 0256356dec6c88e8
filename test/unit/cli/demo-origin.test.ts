import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { startDemoOrigin } from '../../../src/cli/demo-origin.ts';
import { rawClient } from '../../support/raw-client.ts';
import { repositoryRoot } from '../../support/repository-root.ts';

type DemoOrigin = Awaited<ReturnType<typeof startDemoOrigin>>;

describe('demo origin', () => {
  let origin: DemoOrigin;
  let url = '';

  before(async () => {
    origin = await startDemoOrigin(0);
    url = `http://127.0.0.1:${origin.port}`;
  });
  after(() => {
    origin.server.close();
    origin.server.closeAllConnections();
  });

  it('describes what it received on any path', async () => {
    const response = await fetch(`${url}/some/path?colour=blue`, {
      method: 'PUT',
      body: 'twelve bytes',
      headers: { 'x-a': 'b' },
    });
    const seen = (await response.json()) as Record<string, unknown> & { headers: Record<string, string> };
    assert.equal(seen['method'], 'PUT');
    assert.equal(seen['path'], '/some/path');
    assert.deepEqual(seen['query'], { colour: 'blue' });
    assert.equal(seen['bodyBytes'], 12);
    assert.equal(seen.headers['x-a'], 'b');
  });

  it('serves products that can be revalidated', async () => {
    const first = await fetch(`${url}/catalog/42`);
    const etag = first.headers.get('etag')!;
    assert.equal(((await first.json()) as { id: string }).id, '42');
    assert.equal(first.headers.get('cache-control'), 'public, max-age=30');
    const second = await fetch(`${url}/catalog/42`, { headers: { 'if-none-match': etag } });
    assert.equal(second.status, 304);
    assert.notEqual((await fetch(`${url}/catalog/43`)).headers.get('etag'), etag);
  });

  it('answers with any final status, and describes a request for one that is none', async () => {
    for (const status of [200, 204, 404, 503]) assert.equal((await fetch(`${url}/status/${status}`)).status, status);
    assert.equal((await fetch(`${url}/status/999`)).status, 200);
  });

  it('answers late when asked to, and at once when asked for nonsense', async () => {
    assert.deepEqual(await (await fetch(`${url}/slow?ms=20`)).json(), { waitedMs: 20 });
    assert.deepEqual(await (await fetch(`${url}/slow?ms=soon`)).json(), { waitedMs: 0 });
  });

  it('sends exactly as many bytes as asked for', async () => {
    for (const count of [0, 1, 65_536, 200_001])
      assert.equal((await (await fetch(`${url}/bytes/${count}`)).arrayBuffer()).byteLength, count);
  });

  it('streams ticks in chunks', async (t) => {
    const client = await rawClient(t, origin.port);
    const response = await client.exchange('GET /stream HTTP/1.1\r\nHost: demo\r\n\r\n');
    assert.equal(response.framing, 'chunked');
    assert.deepEqual(response.body.toString().split('\n').slice(0, 2), ['tick 1', 'tick 2']);
    assert.ok(response.chunks!.length > 1);
  });

  it('echoes the body with its type', async () => {
    const response = await fetch(`${url}/echo`, {
      method: 'POST',
      body: '{"a":1}',
      headers: { 'content-type': 'application/json' },
    });
    assert.equal(response.headers.get('content-type'), 'application/json');
    assert.deepEqual(await response.json(), { a: 1 });
  });

  it('says in one sentence that its port is taken', async () => {
    await assert.rejects(startDemoOrigin(origin.port), /^Error: The demo origin cannot start: port \d+ .* is taken\./);
  });

  it('tells its parent the port and ends with it', async () => {
    const child = fork(join(repositoryRoot, 'dist/src/cli/demo-origin.js'), ['0'], {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    const [message] = (await once(child, 'message')) as [{ port: number }];
    assert.equal((await fetch(`http://127.0.0.1:${message.port}/`)).status, 200);
    child.disconnect();
    assert.deepEqual(await once(child, 'exit'), [0, null]);
  });
});
