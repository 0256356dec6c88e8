/** A task for tests of the pool. */
import { threadId } from 'node:worker_threads';

/** Tells where it was carried out; waits until `gate` (one word of shared memory) is not 0; throws when told to. */
export function perform(input: {
  readonly gate?: Int32Array;
  readonly fails?: boolean;
  readonly dies?: boolean;
}): unknown {
  if (input.fails) throw new TypeError('a task with a defect');
  if (input.dies) process.exit(3);
  if (input.gate !== undefined) Atomics.wait(input.gate, 0, 0);
  return { threadId };
}
