/**
 * Enters and leaves keys of the flight table in memory 4 for ever, and writes which one it is in into its word of memory 5; counts
 * in the last word how often it then finds more in flight of a key than are allowed. Arguments: slot, slots, keys, limit, bytes of memory 4.
 */
import { mapMemory } from '../../../native-bindings/native.ts';
import { FlightTable } from '../../../src/shared-memory/flight-table.ts';

const [slot, slots, keys, limit, bytes] = process.argv.slice(2).map(Number) as [number, number, number, number, number];
const table = new FlightTable(mapMemory(4, 0, bytes, true), slots, slot);
const words = new Int32Array(mapMemory(5, 0, 4096, true));
const VIOLATIONS = 1000;
const ENTERED = 1001;

process.once('disconnect', () => process.exit());
setImmediate(function fly() {
  for (let i = 0; i < 2000; i++) {
    const key = 1 + Math.floor(Math.random() * keys);
    const row = table.enter(`key ${key}`, limit);
    if (row < 0) continue;
    Atomics.store(words, slot, key);
    Atomics.add(words, ENTERED, 1);
    let flying = 0;
    for (let other = 0; other < slots; other++) if (Atomics.load(words, other) === key) flying++;
    if (flying > limit) Atomics.add(words, VIOLATIONS, 1);
    Atomics.store(words, slot, 0);
    table.leave(row);
  }
  setImmediate(fly);
});
