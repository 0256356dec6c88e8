import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import { Worker } from 'node:worker_threads';
import fc from 'fast-check';
import type { Millis, SeriesId } from '../../../src/brand.ts';
import { ERROR_CODES, errorNumber } from '../../../src/errors/table.ts';
import {
  BLOCK_WORDS,
  clearGauges,
  ERROR_WORDS,
  STATUS_CLASSES,
  slabBytes,
  usedBlocks,
  viewSlab,
  WORD,
} from '../../../src/shared-memory/metrics-slab.ts';
import { type SeriesTotals, SlabReader } from '../../../src/shared-memory/slab-reader.ts';
import { SlabWriter } from '../../../src/shared-memory/slab-writer.ts';
import type { ExchangeRecord } from '../../../src/telemetry/exchange-record.ts';
import { anExchange } from '../telemetry/an-exchange.ts';

const SERIES = 70;
const series = (index: number): SeriesId => index as SeriesId;
const newSlab = (seriesCount = SERIES): SharedArrayBuffer => new SharedArrayBuffer(slabBytes(seriesCount));

const named = fc.nat(SERIES - 1).map((index) => ({ name: `series-${index}`, series: series(index) }));
const millis = fc.double({ min: 0, max: 100_000, noNaN: true }).map((ms) => ms as Millis);
const exchange: fc.Arbitrary<ExchangeRecord> = fc
  .record({
    status: fc.constantFrom(0, 101, 200, 204, 304, 404, 499, 500, 599, 700),
    error: fc.option(fc.constantFrom(...ERROR_CODES)),
    route: fc.option(named),
    upstream: fc.option(named),
    attempts: fc.nat(3),
    gatewayMs: millis,
    upstreamMs: millis,
    bytesIn: fc.nat(),
    bytesOut: fc.nat(),
  })
  .map(anExchange);

/** The same sums, made the simple way. */
function expectedTotals(of: readonly ExchangeRecord[]) {
  const sum = (value: (one: ExchangeRecord) => number) => of.reduce((total, one) => total + value(one), 0);
  const withUpstream = of.filter((one) => one.upstream !== null);
  return {
    requests: STATUS_CLASSES.map((_, index) =>
      sum(({ status }) => Number((status >= 100 && status <= 599 ? Math.floor(status / 100) : 0) === index)),
    ),
    errors: ERROR_CODES.map((code) => sum(({ error }) => Number(error === code))),
    bytesIn: sum((one) => one.bytesIn),
    bytesOut: sum((one) => one.bytesOut),
    attempts: sum((one) => one.attempts),
    retries: sum((one) => Math.max(0, one.attempts - 1)),
    gateway: of.length,
    upstream: withUpstream.length,
  };
}

function plain(totals: SeriesTotals): ReturnType<typeof expectedTotals> {
  return {
    requests: [...totals.requests],
    errors: [...totals.errors.subarray(0, ERROR_CODES.length)],
    bytesIn: totals.bytesIn,
    bytesOut: totals.bytesOut,
    attempts: totals.attempts,
    retries: totals.retries,
    gateway: totals.gatewayTime.count,
    upstream: totals.upstreamTime.count,
  };
}

describe('a metrics slab', () => {
  it('has room for every error code', () => {
    assert.ok(ERROR_CODES.length <= ERROR_WORDS);
  });

  it('gives back the sums of what several writers recorded', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(2), exchange), { maxLength: 60 }), (recorded) => {
        const slabs = [newSlab(), newSlab(), newSlab()];
        const writers = slabs.map((slab) => new SlabWriter(slab, SERIES));
        for (const [slot, one] of recorded) writers[slot].record(one);
        const reader = new SlabReader(slabs, SERIES);
        const all = recorded.map(([, one]) => one);

        const unrouted = all.filter((one) => one.route === null);
        assert.deepEqual(plain(reader.readUnrouted()), expectedTotals(unrouted));
        const inUse = new Set(all.flatMap((one) => [one.route?.series, one.upstream?.series]));
        assert.deepEqual(
          reader.usedSeries(),
          [...inUse].filter((id) => id !== undefined).sort((a, b) => a - b),
        );
        for (let id = 0; id < SERIES; id++) {
          const asRoute = all.filter((one) => one.route?.series === id);
          const asUpstream = all.filter((one) => one.upstream?.series === id);
          assert.deepEqual(plain(reader.read(series(id))), expectedTotals([...asRoute, ...asUpstream]));
        }
      }),
      { numRuns: 100 },
    );
  });

  it('keeps its neighbours apart: the first and the last series touch nothing else', () => {
    const slab = newSlab();
    const writer = new SlabWriter(slab, SERIES);
    const last = { name: 'last', series: series(SERIES - 1) };
    writer.record(anExchange({ route: last, upstream: null, gatewayMs: 1e9 as Millis, error: ERROR_CODES.at(-1)! }));
    const { used, words } = viewSlab(slab, SERIES);
    assert.deepEqual([...usedBlocks(used)], [SERIES]);
    assert.ok(words.subarray(0, SERIES * BLOCK_WORDS).every((word) => word === 0));
  });

  it('is read without a look at blocks that were never used', () => {
    const slab = newSlab();
    const { words } = viewSlab(slab, SERIES);
    new SlabWriter(slab, SERIES).record(anExchange({ route: null, upstream: null }));
    words.fill(Number.NaN, BLOCK_WORDS);
    const reader = new SlabReader([slab, newSlab()], SERIES);
    assert.deepEqual(reader.usedSeries(), []);
    assert.equal(reader.read(series(3)).bytesOut, 0);
  });

  it('goes on counting for the next acceptor in the slot', () => {
    const slab = newSlab();
    new SlabWriter(slab, SERIES).record(anExchange());
    new SlabWriter(slab, SERIES).record(anExchange());
    assert.equal(new SlabReader([slab], SERIES).read(series(0)).requests[2], 2);
  });

  it('loses the gauges of a dead acceptor, and nothing else', () => {
    const slab = newSlab();
    const writer = new SlabWriter(slab, SERIES);
    writer.setConnections(series(1), 12);
    writer.setWaiting(series(1), 3);
    writer.record(anExchange());
    const reader = new SlabReader([slab], SERIES);
    assert.equal(reader.read(series(1)).openConnections, 12);
    assert.equal(reader.read(series(1)).waitingExchanges, 3);
    clearGauges(slab, SERIES);
    const totals = reader.read(series(1));
    assert.deepEqual([totals.openConnections, totals.waitingExchanges, totals.requests[2]], [0, 0, 1]);
  });

  it('refuses a memory that is too small', () => {
    assert.throws(() => new SlabWriter(new SharedArrayBuffer(slabBytes(SERIES) - 8), SERIES), RangeError);
  });

  it('numbers errors as the table does', () => {
    const slab = newSlab();
    new SlabWriter(slab, SERIES).record(anExchange({ error: 'client_aborted', status: 0 }));
    const { errors, requests } = new SlabReader([slab], SERIES).read(series(0));
    assert.equal(errors[errorNumber('client_aborted')], 1);
    assert.equal(requests[0], 1);
  });
});

describe('a reader beside a working writer', () => {
  it('never sees a counter go down', async () => {
    const slab = newSlab();
    const writerUrl = new URL('../../../src/shared-memory/slab-writer.js', import.meta.url).href;
    const source = `
      const { workerData, parentPort } = require('node:worker_threads');
      import(${JSON.stringify(writerUrl)}).then(({ SlabWriter }) => {
        const writer = new SlabWriter(workerData.slab, ${SERIES});
        parentPort.postMessage('begun');
        for (let i = 0; i < 300_000; i++) {
          workerData.exchange.gatewayMs = i % 977;
          writer.record(workerData.exchange);
        }
      });`;
    const worker = new Worker(source, { eval: true, workerData: { slab, exchange: anExchange({ attempts: 2 }) } });
    let running = true;
    const ended = once(worker, 'exit').then(() => (running = false));
    await once(worker, 'message');

    const reader = new SlabReader([slab], SERIES);
    let before = new Float64Array(BLOCK_WORDS);
    for (let reads = 0; running; reads++) {
      const { words } = reader.read(series(0));
      assert.ok(words.every((word, index) => word >= before[index]));
      before = words;
      if (reads % 100 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    await ended;
    assert.equal(reader.read(series(0)).words[WORD.RETRIES], 300_000);
    assert.equal(reader.read(series(0)).gatewayTime.count, 300_000);
  });
});
