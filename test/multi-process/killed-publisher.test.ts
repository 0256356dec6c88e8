import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as pass } from 'node:timers/promises';
import { closeFd } from '../../native-bindings/native.ts';
import type { Bytes } from '../../src/brand.ts';
import { createSharedMemory } from '../../src/shared-memory/shared-memory.ts';
import { killNow, nextMessage, spawnChild } from './children/spawn-child.ts';

const SLOTS = 2;
const HALF_BYTES = 4 * 1024 * 1024;
const KILLS = 12;

test('a publisher killed while it fills a half leaves every reader with whole generations', {
  timeout: 30_000,
}, async () => {
  const memory = createSharedMemory({
    slots: SLOTS,
    configHalfBytes: HALF_BYTES as Bytes,
    bucketBytes: 1 as Bytes,
    endpointBytes: 1 as Bytes,
    flightBytes: 1 as Bytes,
    slabBytes: 1 as Bytes,
    series: 1,
  });
  const filling = new Int32Array(memory.buckets);
  const readers = Array.from({ length: SLOTS }, (_, slot) => spawnChild('read-snapshots', [slot], [memory.fd]));
  let killedWhileFilling = 0;
  for (let kill = 0; kill < KILLS; kill++) {
    const publisher = spawnChild('publish', [SLOTS, HALF_BYTES], [memory.fd]);
    await nextMessage(publisher);
    // Some way into its work, at no particular instruction: what is tested is that the moment does not matter.
    const reached = memory.control.generation() + 3;
    while (memory.control.generation() < reached || Atomics.load(filling, 0) === 0) await pass(1);
    await killNow(publisher);
    killedWhileFilling += Atomics.load(filling, 0);
  }
  const reports = readers.map(async (reader) => {
    const report = nextMessage(reader);
    reader.send('stop');
    return (await report) as { seen: number; torn: number };
  });
  for (const { seen, torn } of await Promise.all(reports)) {
    assert.equal(torn, 0);
    assert.ok(seen > KILLS, `only ${seen} generations were read`);
  }
  assert.ok(killedWhileFilling > 0, 'no kill hit a half that was being filled: the test proves nothing');
  closeFd(memory.fd);
});
