/**
 * Publishes generations into memory 4 without end, as a supervisor does: waits for acknowledgements, fills the idle half with
 * words that all say the generation, flips. Bucket word 0 is 1 while a half is being filled.
 */

import { mapMemory } from '../../../native-bindings/native.ts';
import type { Bytes, Generation } from '../../../src/brand.ts';
import { ControlWords, halfOf, isAcknowledged } from '../../../src/shared-memory/control-words.ts';
import { planSegments } from '../../../src/shared-memory/segments.ts';

const [slots, halfBytes] = process.argv.slice(2).map(Number);
const plan = planSegments({
  slots,
  configHalfBytes: halfBytes as Bytes,
  bucketBytes: 1 as Bytes,
  endpointBytes: 1 as Bytes,
  flightBytes: 1 as Bytes,
  slabBytes: 1 as Bytes,
});
const control = new ControlWords(mapMemory(4, 0, plan.controlBytes, true));
const buckets = new Int32Array(mapMemory(4, plan.bucketOffset, plan.bucketBytes, true));
const halves = plan.configOffset.map((offset) => new Int32Array(mapMemory(4, offset, plan.configHalfBytes, true)));

process.send?.('ready');
for (;;) {
  const current = control.generation();
  while (!isAcknowledged(control.words, current)) {
    // The readers are other processes: they need nothing from this one's event loop.
  }
  const next = (current + 1) as Generation;
  const half = halves[halfOf(next)];
  Atomics.store(buckets, 0, 1);
  for (let i = 0; i < half.length; i++) half[i] = next;
  Atomics.store(buckets, 0, 0);
  control.setGeneration(next);
}
