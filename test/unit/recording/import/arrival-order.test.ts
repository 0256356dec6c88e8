import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { ArrivalWindow, mergeLogs } from '../../../../src/recording/import/arrival-order.ts';
import type { LoggedRequest } from '../../../../src/recording/import/log-format.ts';
import { spreadSeconds } from '../../../../src/recording/import/spread-seconds.ts';

function aRequest(arrivedMs: number, isWholeSecond = false, path = '/'): LoggedRequest {
  return {
    arrivedMs,
    isWholeSecond,
    scheme: null,
    method: 'GET',
    host: null,
    path,
    headers: [],
    body: null,
    client: null,
    status: 200,
    responseBytes: null,
    upstreamMs: null,
  };
}

function sortedBy(window: ArrivalWindow, times: readonly number[]): LoggedRequest[] {
  const out: LoggedRequest[] = [];
  for (const [index, time] of times.entries()) {
    if (window.add(aRequest(time, false, `/${index}`), 1)) out.push(window.take()!);
  }
  for (let next = window.take(); next !== null; next = window.take()) out.push(next);
  return out;
}

async function* from(...requests: readonly LoggedRequest[]): AsyncGenerator<LoggedRequest> {
  yield* requests;
}

async function timesOf(requests: AsyncIterable<LoggedRequest>): Promise<number[]> {
  const times: number[] = [];
  for await (const { arrivedMs } of requests) times.push(arrivedMs);
  return times;
}

describe('the window of arrivals', () => {
  it('sorts what is not farther off than it is wide, and keeps the order of the log in one time', () => {
    const sorted = sortedBy(new ArrivalWindow(3), [5, 3, 4, 5, 1, 9, 5]);
    assert.deepEqual(
      sorted.map(({ arrivedMs }) => arrivedMs),
      [3, 3, 4, 5, 5, 5, 9],
    );
  });

  it('loses nothing, goes never back, and counts what it moved', () =>
    fc.assert(
      fc.property(fc.array(fc.nat(50), { maxLength: 60 }), fc.integer({ min: 1, max: 70 }), (times, width) => {
        const window = new ArrivalWindow(width);
        const sorted = sortedBy(window, times);
        assert.deepEqual(sorted.map(({ path }) => path).sort(), times.map((_, index) => `/${index}`).sort());
        const changed = sorted.filter(({ path, arrivedMs }) => times[Number(path.slice(1))] !== arrivedMs).length;
        assert.equal(window.moved, changed);
        for (const [index, { arrivedMs }] of sorted.entries()) {
          assert.ok(index === 0 || arrivedMs >= sorted[index - 1]!.arrivedMs);
        }
        if (width >= times.length) assert.equal(window.moved, 0);
      }),
    ));

  it('is not upset by one line with a date in the future', () => {
    const window = new ArrivalWindow(2);
    const sorted = sortedBy(window, [1, 1e15, 2, 3, 4, 5, 6]);
    assert.deepEqual([sorted.map(({ arrivedMs }) => arrivedMs), window.moved], [[1, 2, 3, 4, 5, 6, 1e15], 0]);
  });
});

describe('several logs', () => {
  it('become one, whichever was named first', async () => {
    const merged = mergeLogs([from(aRequest(5), aRequest(9)), from(), from(aRequest(1), aRequest(6), aRequest(10))]);
    assert.deepEqual(await timesOf(merged), [1, 5, 6, 9, 10]);
  });
});

describe('whole seconds', () => {
  const whole = (ms: number) => aRequest(ms, true);

  it('are spread evenly', async () => {
    const requests = from(whole(1000), whole(1000), whole(1000), whole(1000), whole(2000), whole(5000), whole(5000));
    assert.deepEqual(await timesOf(spreadSeconds(requests)), [1000, 1250, 1500, 1750, 2000, 5000, 5500]);
  });

  it('leave times that are exact as they are', async () => {
    assert.deepEqual(
      await timesOf(spreadSeconds(from(aRequest(1001), aRequest(1002.5), aRequest(1999)))),
      [1001, 1002.5, 1999],
    );
  });

  it('keep their order, and their seconds, among exact ones', () =>
    fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(fc.nat(4000), fc.boolean()), { maxLength: 40 }), async (list) => {
        const sorted = list.toSorted(([one], [other]) => one - other);
        const times = await timesOf(spreadSeconds(from(...sorted.map(([ms, isWhole]) => aRequest(ms, isWhole)))));
        assert.equal(times.length, list.length);
        for (const [index, time] of times.entries()) {
          assert.ok(index === 0 || time >= times[index - 1]!);
          assert.equal(Math.floor(time / 1000), Math.floor(sorted[index]![0] / 1000));
        }
      }),
    ));

  it('hold no more than a part of a second with very many', async () => {
    async function* many(): AsyncGenerator<LoggedRequest> {
      for (let i = 0; i < 70_000; i++) yield whole(1000);
    }
    const times = await timesOf(spreadSeconds(many()));
    assert.equal(times.length, 70_000);
    assert.ok(times.every((time, index) => time >= 1000 && time < 2000 && (index === 0 || time >= times[index - 1]!)));
  });
});
