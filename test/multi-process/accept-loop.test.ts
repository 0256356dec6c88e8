import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import { AcceptLoop, boundPort, closeFd, listenTcp } from '../../native-bindings/native.ts';
import { ending, killNow, spawnChild } from './children/spawn-child.ts';

/** Messages of a child in order, none lost between two waits. */
function messagesOf(child: ChildProcess): () => Promise<unknown> {
  const queue: unknown[] = [];
  child.on('message', (message) => queue.push(message));
  return async () => {
    while (queue.length === 0) await once(child, 'message');
    return queue.shift();
  };
}

async function knock(port: number): Promise<void> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  await once(socket, 'close');
}

async function withScenario(
  name: string,
  run: (next: () => Promise<unknown>, port: number, child: ChildProcess) => Promise<void>,
): Promise<void> {
  const [fd] = listenTcp('127.0.0.1', 0, 1);
  const child = spawnChild('accept', [name], [fd]);
  await run(messagesOf(child), boundPort(fd), child);
  if (child.exitCode === null) await killNow(child);
  closeFd(fd);
}

test('out of descriptors: reported once, and accepting goes on when there are some again', { timeout: 10_000 }, () =>
  withScenario('exhaustDescriptors', async (next, port) => {
    assert.equal(await next(), 'full');
    assert.equal(await next(), 'serving');
    const closed = knock(port);
    assert.equal(await next(), 'EMFILE');
    assert.equal(await next(), 'accepted', 'the connection that could not be taken at first');
    await closed;
  }),
);

test('a throw in onConnection is an uncaught exception, and the loop goes on', { timeout: 10_000 }, () =>
  withScenario('throwInCallback', async (next, port) => {
    assert.equal(await next(), 'serving');
    for (let i = 0; i < 3; i++) {
      await knock(port);
      assert.equal(await next(), 'uncaught: on purpose');
    }
  }),
);

test('a worker thread that is terminated with its loop running takes nothing down', { timeout: 10_000 }, () =>
  withScenario('acceptInWorker', async (next, port, child) => {
    assert.equal(await next(), 'serving');
    await knock(port);
    assert.equal(await next(), 'accepted in a worker');
    assert.deepEqual(await ending(child), { code: 0, signal: null });
  }),
);

test('a loop closed in its own callback lets the process end', { timeout: 10_000 }, () =>
  withScenario('closeAndEnd', async (next, port, child) => {
    assert.equal(await next(), 'serving');
    await knock(port);
    assert.deepEqual(await ending(child), { code: 0, signal: null });
  }),
);

test('a stopped loop leaves connections in the queue until it is started', async () => {
  const [fd] = listenTcp('127.0.0.1', 0, 1);
  const accepted: number[] = [];
  let taken = (): void => {};
  const loop = new AcceptLoop(
    fd,
    (connection) => {
      accepted.push(connection);
      closeFd(connection);
      loop.stop();
      taken();
    },
    () => assert.fail(),
  );
  const clients = [knock(boundPort(fd)), knock(boundPort(fd))];
  for (let count = 1; count <= 2; count++) {
    const one = new Promise<void>((resolve) => {
      taken = resolve;
    });
    loop.start();
    await one;
    await new Promise(setImmediate);
    assert.equal(accepted.length, count, 'stopping takes effect within one event');
  }
  await Promise.all(clients);
  loop.close();
  assert.throws(
    () =>
      new AcceptLoop(
        999,
        () => assert.fail(),
        () => assert.fail(),
      ),
    { code: 'EBADF' },
  );
  closeFd(fd);
});
