import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { threadId } from 'node:worker_threads';
import { AcceptorPool, type AcceptorPoolOptions } from '../../../src/offload/acceptor-pool.ts';
import { performHere } from '../../../src/offload/offload-tasks.ts';

const modules = { transformBody: '../../test/unit/offload/acceptor-pool-task.js' } as const;

function makePool(t: TestContext, options: Omit<AcceptorPoolOptions, 'modules'>): AcceptorPool {
  const pool = new AcceptorPool({ ...options, modules });
  t.after(() => pool.close());
  return pool;
}

const threadOf = async (result: Promise<unknown>) => ((await result) as { threadId: number }).threadId;

test('tasks are carried out in a thread; without threads, and in dry runs, in this one', async (t) => {
  assert.notEqual(await threadOf(makePool(t, { threads: 1 }).run('transformBody', {})), threadId);
  assert.equal(await threadOf(makePool(t, { threads: 0 }).run('transformBody', {})), threadId);
  assert.equal(await threadOf(performHere('transformBody', {}, modules)), threadId);
});

test('what finds the queue full is refused at once, and what was taken is still carried out', async (t) => {
  const pool = makePool(t, { threads: 1, mostQueued: 2 });
  await pool.run('transformBody', {});
  const gate = new Int32Array(new SharedArrayBuffer(4));
  const taken = [1, 2, 3].map(() => pool.run('transformBody', { gate }));
  await assert.rejects(pool.run('transformBody', {}), /queue/i);
  Atomics.store(gate, 0, 1);
  Atomics.notify(gate, 0);
  assert.equal((await Promise.all(taken)).length, 3);
});

test('a task that throws, or whose thread dies, is refused; the next one is carried out', async (t) => {
  const faults: unknown[] = [];
  const pool = makePool(t, { threads: 1, onFault: (task, error) => faults.push([task, String(error)]) });
  await assert.rejects(pool.run('transformBody', { fails: true }), /a task with a defect/);
  await assert.rejects(pool.run('transformBody', { dies: true }));
  assert.notEqual(await threadOf(pool.run('transformBody', {})), threadId);
  await assert.rejects(pool.run('validateBody', {}), /no module carries out validateBody/);
  assert.deepEqual(faults, [['transformBody', 'TypeError: a task with a defect']], 'one a second');
});
