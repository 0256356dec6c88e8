/** Counts in memory 4 from the main thread and a worker thread at once: word 0 by add, word 1 by a compare-exchange loop. */
import { once } from 'node:events';
import { isMainThread, Worker, workerData } from 'node:worker_threads';
import { mapMemory } from '../../../native-bindings/native.ts';

function count(words: Int32Array, times: number): void {
  for (let i = 0; i < times; i++) {
    Atomics.add(words, 0, 1);
    for (;;) {
      const seen = Atomics.load(words, 1);
      if (Atomics.compareExchange(words, 1, seen, seen + 1) === seen) break;
    }
  }
}

const times = Number(process.argv[2]);
if (isMainThread) {
  const memory = mapMemory(4, 0, 4096, true);
  const worker = new Worker(new URL(import.meta.url), { argv: [times], workerData: memory });
  count(new Int32Array(memory), times);
  await once(worker, 'exit');
  process.disconnect();
} else {
  // Half through the memory that the main thread mapped, half through a mapping of its own.
  count(new Int32Array(workerData as SharedArrayBuffer), times / 2);
  count(new Int32Array(mapMemory(4, 0, 4096, true)), times / 2);
}
