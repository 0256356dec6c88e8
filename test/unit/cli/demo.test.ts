import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { forkDemoOrigin } from '../../../src/cli/demo.ts';
import { StartError } from '../../../src/supervisor/start-error.ts';

test('the demo origin is gone when it has been stopped, and stopping it again does no harm', {
  timeout: 20_000,
}, async () => {
  const demo = await forkDemoOrigin(0);
  await demo.stop();
  await demo.stop();
});

test('a port that is taken is a start error of one sentence', { timeout: 20_000 }, async (t) => {
  const server = createServer().listen(0, '127.0.0.1');
  t.after(() => server.close());
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await assert.rejects(forkDemoOrigin(port), (error: Error) => {
    assert.ok(error instanceof StartError);
    assert.equal(
      error.message,
      `The demo origin cannot start: port ${port} of 127.0.0.1 is taken. End what listens there first.`,
    );
    return true;
  });
});
