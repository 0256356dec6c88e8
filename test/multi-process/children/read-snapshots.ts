/** Reads whole generations from memory 4 until told to stop, then reports how many it saw and how many were torn. */
import { setImmediate } from 'node:timers/promises';
import type { AcceptorSlot } from '../../../src/brand.ts';
import { halfOf } from '../../../src/shared-memory/control-words.ts';
import { openSharedMemory } from '../../../src/shared-memory/shared-memory.ts';

const slot = Number(process.argv[2]) as AcceptorSlot;
const memory = openSharedMemory(4, slot);
const halves = ([0, 1] as const).map((half) => {
  const bytes = memory.configHalf(half);
  return new Int32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
});
let seen = 0;
let torn = 0;
let stopped = false;
process.on('message', () => {
  stopped = true;
});

let last = 0;
while (!stopped) {
  const generation = memory.control.generation();
  // The half has to stay as it is until this very generation is acknowledged, however long the check takes.
  if (halves[halfOf(generation)].some((word) => word !== generation)) torn++;
  memory.control.acknowledge(slot, generation);
  if (generation !== last) seen++;
  last = generation;
  await setImmediate();
}
process.send?.({ seen, torn });
process.disconnect();
