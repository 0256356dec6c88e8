/**
 * Says that it is there, then takes tokens of one key from the buckets in memory 4 up to the time it is sent, on the machine's monotonic
 * clock in ms, and counts in the first word of memory 5 what it was given. Arguments: requests a second, burst, bytes of memory 4.
 */
import { once } from 'node:events';
import { mapMemory } from '../../../native-bindings/native.ts';
import type { Millis } from '../../../src/brand.ts';
import { SharedRateLimits } from '../../../src/shared-memory/rate-limiter.ts';

const [requests, burst, bytes] = process.argv.slice(2).map(Number) as [number, number, number];
const limiter = new SharedRateLimits(mapMemory(4, 0, bytes, true)).limiter(
  'scope',
  [{ requests, per: 1000 as Millis, burst }],
  0 as Millis,
);
const counts = new Int32Array(mapMemory(5, 0, 4096, true));
const monotonic = () => Number(process.hrtime.bigint() / 1000n) / 1000;

process.send?.('ready');
const [until] = (await once(process, 'message')) as [number];
for (let now = monotonic(); now < until; now = monotonic()) {
  if (limiter.take('key', now as Millis) === 0) Atomics.add(counts, 0, 1);
}
process.disconnect();
