/** Accept loops over the inherited listening socket 4 in odd situations; argument 1 says which. */
import { execFileSync } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import { AcceptLoop, closeFd } from '../../../native-bindings/native.ts';

function acceptAndClose(onError: (code: string) => void): AcceptLoop {
  return new AcceptLoop(
    4,
    (fd) => {
      closeFd(fd);
      process.send?.('accepted');
    },
    onError,
  );
}

/** Runs out of descriptors on the first connection, and has some again once that was reported. */
function exhaustDescriptors(): void {
  execFileSync('prlimit', ['--nofile=64', '--pid', `${process.pid}`]);
  const loop = acceptAndClose((code) => {
    process.send?.(code);
    for (const fd of hogs) closeSync(fd);
  });
  const hogs: number[] = [];
  loop.start();
  try {
    for (;;) hogs.push(openSync('/dev/null', 'r'));
  } catch {
    process.send?.('full');
  }
}

function throwInCallback(): void {
  process.on('uncaughtException', (error) => process.send?.(`uncaught: ${error.message}`));
  const loop = new AcceptLoop(
    4,
    (fd) => {
      closeFd(fd);
      throw new Error('on purpose');
    },
    () => {},
  );
  loop.start();
}

/** The thread ends with its loop running; the process must outlive that. */
function acceptInWorker(): void {
  const worker = new Worker(new URL(import.meta.url), { argv: ['worker'] });
  worker.on('message', async (message) => {
    if (message === 'serving') return void process.send?.('serving');
    await worker.terminate();
    process.send?.('accepted in a worker', () => process.exit(0));
  });
}

/** Everything closed in its own way; then nothing keeps the process alive. */
function closeAndEnd(): void {
  const closedInCallback = new AcceptLoop(
    4,
    (fd) => {
      closeFd(fd);
      closedInCallback.close();
      closedInCallback.close();
      closedInCallback.start();
      process.disconnect();
    },
    () => {},
  );
  closedInCallback.start();
}

const scenarios: Record<string, () => void> = { exhaustDescriptors, throwInCallback, acceptInWorker, closeAndEnd };
if (isMainThread) {
  scenarios[process.argv[2]]();
  if (process.argv[2] !== 'acceptInWorker') process.send?.('serving');
} else {
  const loop = new AcceptLoop(
    4,
    (fd) => {
      closeFd(fd);
      parentPort?.postMessage('accepted');
    },
    () => {},
  );
  loop.start();
  parentPort?.postMessage('serving');
}
