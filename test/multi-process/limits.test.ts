import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { closeFd, createMemory, mapMemory } from '../../native-bindings/native.ts';
import type { Millis } from '../../src/brand.ts';
import { FlightTable, flightBytes, releaseFlights, seedFlights } from '../../src/shared-memory/flight-table.ts';
import { SharedRateLimits } from '../../src/shared-memory/rate-limiter.ts';
import { bucketBytes } from '../../src/shared-memory/token-buckets.ts';
import { ending, killNow, nextMessage, spawnChild } from './children/spawn-child.ts';

const wholePages = (bytes: number) => Math.ceil(bytes / 4096) * 4096;
const monotonic = () => Number(process.hrtime.bigint() / 1000n) / 1000;

function memoryOf(t: TestContext, bytes: number): { fd: number; memory: SharedArrayBuffer } {
  const fd = createMemory(bytes);
  t.after(() => closeFd(fd));
  return { fd, memory: mapMemory(fd, 0, bytes, true) };
}

const RATE = 2000;
const RUN_MS = 1000;
// A bucket that was emptied at the start is full at the end: nothing is lost while none of the children is given a core.
const BURST = (RATE * RUN_MS) / 1000;
const ALLOWED = BURST + BURST;

/** What four children and this process are given of one key from a moment to another. */
async function admittedToChildren(
  t: TestContext,
  killing: boolean,
): Promise<{ admitted: number; toChildren: number; kills: number }> {
  const bytes = wholePages(bucketBytes(1000));
  const buckets = memoryOf(t, bytes);
  const counts = memoryOf(t, 4096);
  const limiter = new SharedRateLimits(buckets.memory).limiter(
    'scope',
    [{ requests: RATE, per: 1000 as Millis, burst: BURST }],
    0 as Millis,
  );
  const takeAll = (at: number): number => {
    let taken = 0;
    while (limiter.take('key', at as Millis) === 0) taken++;
    return taken;
  };
  const start = () => spawnChild('take-tokens', [RATE, BURST, bytes], [buckets.fd, counts.fd]);
  const children = Array.from({ length: 4 }, start);
  await Promise.all(children.map(nextMessage));
  const from = Math.ceil(monotonic());
  const until = from + RUN_MS;
  const atStart = takeAll(from);
  for (const child of children) child.send(until);
  let kills = 0;
  for (let turn = 0; killing && monotonic() < until; turn = (turn + 1) % 4) {
    await killNow(children[turn]);
    kills++;
    children[turn] = start();
    await nextMessage(children[turn]);
    children[turn].send(until);
  }
  await Promise.all(children.map(ending));
  const toChildren = Atomics.load(new Int32Array(counts.memory), 0);
  return { admitted: atStart + toChildren + takeAll(until), toChildren, kills };
}

test('four processes are given burst + rate x time of a key, no more and hardly less', async (t) => {
  const { admitted, toChildren } = await admittedToChildren(t, false);
  assert.ok(toChildren > 0);
  assert.ok(admitted <= ALLOWED && admitted >= 0.99 * ALLOWED, `${admitted} of ${ALLOWED}`);
});

test('the same while they are killed and started again', async (t) => {
  const { admitted, toChildren, kills } = await admittedToChildren(t, true);
  assert.ok(toChildren > 0 && kills > 0);
  assert.ok(admitted <= ALLOWED && admitted >= 0.99 * ALLOWED, `${admitted} of ${ALLOWED} with ${kills} kills`);
});

test('never more in flight than allowed, whoever is killed in between, and all of it is given back', async (t) => {
  const slots = 4;
  const keys = 40;
  const limit = 2;
  // Fewer rows than keys, so that rows change hands all the time.
  const bytes = wholePages(flightBytes(16, slots));
  const flights = memoryOf(t, bytes);
  seedFlights(flights.memory, Int32Array.of(1, 2));
  const counts = memoryOf(t, 4096);
  const words = new Int32Array(counts.memory);
  const start = (slot: number) => spawnChild('fly', [slot, slots, keys, limit, bytes], [flights.fd, counts.fd]);
  const children = Array.from({ length: slots }, (_, slot) => start(slot));
  t.after(() => Promise.all(children.map(killNow)));
  for (let kill = 0; kill < 8; kill++) {
    const slot = kill % slots;
    const before = Atomics.load(words, 1001);
    while (Atomics.load(words, 1001) < before + 5000) await sleep(5);
    await killNow(children[slot]);
    Atomics.store(words, slot, 0);
    releaseFlights(flights.memory, slots, slot);
    children[slot] = start(slot);
  }
  assert.equal(Atomics.load(words, 1000), 0, 'more in flight than allowed');
  await Promise.all(children.map(killNow));
  for (let slot = 0; slot < slots; slot++) releaseFlights(flights.memory, slots, slot);
  const table = new FlightTable(flights.memory, slots, 0);
  for (let key = 1; key <= keys; key++) assert.equal(table.count(`key ${key}`), 0);
  const rows = Array.from({ length: limit + 1 }, () => table.enter('key 1', limit));
  assert.deepEqual(
    rows.map((row) => row >= 0),
    [true, true, false],
  );
});
