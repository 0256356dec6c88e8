import assert from 'node:assert/strict';
import { test } from 'node:test';
import { forkDemoOrigin } from '../../../src/cli/demo.ts';

test('the demo origin answers from a process of its own, which is gone once it is stopped', async () => {
  const demo = await forkDemoOrigin(0);
  const url = `http://127.0.0.1:${demo.port}/catalog/42`;
  assert.equal((await fetch(url)).status, 200);
  await demo.stop();
  await assert.rejects(fetch(url));
});
