import assert from 'node:assert/strict';
import { test } from 'node:test';
import { closeFd, createMemory, mapMemory } from '../../native-bindings/native.ts';
import type { AcceptorSlot, Bytes, Generation } from '../../src/brand.ts';
import { createSharedMemory } from '../../src/shared-memory/shared-memory.ts';
import { ending, killNow, nextMessage, spawnChild } from './children/spawn-child.ts';

test('four processes with a worker thread each count in the same words and lose nothing', async () => {
  const fd = createMemory(4096);
  const words = new Int32Array(mapMemory(fd, 0, 4096, true));
  const times = 50_000;
  const children = Array.from({ length: 4 }, () => spawnChild('count', [times], [fd]));
  for (const child of children) assert.deepEqual(await ending(child), { code: 0, signal: null });
  assert.equal(words[0], 4 * 2 * times, 'added');
  assert.equal(words[1], 4 * 2 * times, 'compared and exchanged');
  closeFd(fd);
});

test('an acceptor that writes to the config is killed, and nobody else notices', async () => {
  const memory = createSharedMemory({
    slots: 2,
    configHalfBytes: 4096 as Bytes,
    bucketBytes: 4096 as Bytes,
    endpointBytes: 1 as Bytes,
    flightBytes: 1 as Bytes,
    slabBytes: 4096 as Bytes,
    series: 1,
  });
  memory.configHalf(0).fill(7);
  memory.control.setGeneration(2 as Generation);
  const innocent = spawnChild('hold-slot', [0, 'wait'], [memory.fd]);
  assert.equal(await nextMessage(innocent), 'open');
  const guilty = spawnChild('hold-slot', [1, 'write-config'], [memory.fd]);
  assert.equal((await ending(guilty)).signal, 'SIGSEGV');
  assert.ok(memory.configHalf(0).every((byte) => byte === 7));
  assert.equal(memory.control.get(1 as AcceptorSlot, 'PID'), guilty.pid, 'what it held is there to be reaped');
  innocent.send('read');
  assert.equal(await nextMessage(innocent), 7, 'the other acceptor still reads its config');
  await killNow(innocent);
  closeFd(memory.fd);
});
