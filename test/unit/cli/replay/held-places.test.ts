import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Millis } from '../../../../src/brand.ts';
import { HeldPlaces } from '../../../../src/cli/replay/held-places.ts';
import { ReplayClock } from '../../../../src/cli/replay/replay-clock.ts';

const arrivals = fc.array(
  fc.record({ gap: fc.integer({ min: 0, max: 20 }), duration: fc.integer({ min: 1, max: 60 }) }),
  { maxLength: 60 },
);

/** Servers that are each busy until a moment, and a queue before them. @returns whether each request got in */
function model(
  requests: readonly { readonly gap: number; readonly duration: number }[],
  { limit, queue, timeout }: { readonly limit: number; readonly queue: number; readonly timeout: number },
): boolean[] {
  const busyUntil: number[] = Array(limit).fill(Number.NEGATIVE_INFINITY);
  let leavesQueue: number[] = [];
  let now = 0;
  return requests.map(({ gap, duration }) => {
    now += gap;
    leavesQueue = leavesQueue.filter((moment) => moment > now);
    const server = busyUntil.indexOf(Math.min(...busyUntil));
    const start = Math.max(now, busyUntil[server]!);
    if (start > now) {
      if (leavesQueue.length >= queue) return false;
      leavesQueue.push(Math.min(start, now + timeout));
      if (start - now > timeout) return false;
    }
    busyUntil[server] = start + duration;
    return true;
  });
}

test('places are held as long as the recording says, and given in turn, as servers with a queue would', async () => {
  const options = fc.record({
    limit: fc.integer({ min: 1, max: 4 }),
    queue: fc.integer({ min: 0, max: 4 }),
    timeout: fc.integer({ min: 0, max: 50 }),
  });
  await fc.assert(
    fc.asyncProperty(arrivals, options, async (requests, { limit, queue, timeout }) => {
      const clock = new ReplayClock(0);
      const places = new HeldPlaces(clock);
      const gate = places.gate('', { limit, queue, timeout: timeout as Millis });
      const got: boolean[] = [];
      let now = 0;
      for (const { gap, duration } of requests) {
        now += gap;
        clock.moveTo(now);
        const place = gate.enter('k') ?? (await gate.wait('k', new AbortController().signal));
        place?.leave();
        places.settle(duration);
        got.push(place !== null);
      }
      assert.deepEqual(got, model(requests, { limit, queue, timeout }));
    }),
    { numRuns: 300 },
  );
});

test('a request that asks no upstream holds nothing, and other keys have places of their own', () => {
  const places = new HeldPlaces(new ReplayClock(0));
  const gate = places.gate('', { limit: 1, queue: 0, timeout: 0 as Millis });
  gate.enter('a')!.leave();
  places.settle(0);
  gate.enter('a')!.leave();
  places.settle(5);
  assert.equal(gate.enter('a'), null);
  assert.notEqual(gate.enter('b'), null);
});
