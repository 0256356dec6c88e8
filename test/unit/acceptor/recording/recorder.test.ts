import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import type { ExchangeState } from '../../../../src/acceptor/exchange-state.ts';
import { Recorder } from '../../../../src/acceptor/recording/recorder.ts';
import type { RecordedBatch, RecordingOrder } from '../../../../src/ipc.ts';
import { parseExchange } from '../../../../src/recording/parse-exchange.ts';
import type { RecordedExchange } from '../../../../src/recording/recorded-exchange.ts';
import { until } from '../../../support/admin.ts';

const NO_PLACES = { headers: [], queries: [] };
const recorders: Recorder[] = [];
afterEach(() => {
  for (const recorder of recorders.splice(0)) void recorder.stop(0);
});

/** A supervisor that takes every batch at once, or one that takes the first and no more. */
function record(order: Partial<RecordingOrder> = {}, isStuck = false) {
  const batches: RecordedBatch[] = [];
  const began = Number(process.hrtime.bigint()) / 1e6;
  const whole = { recording: 1, key: 'a2V5', began, share: 1, bodyBytes: 0, places: NO_PLACES, ...order };
  const waiting: (() => void)[] = [];
  const recorder = new Recorder(whole, NO_PLACES, (batch, sent) => {
    batches.push(batch);
    if (isStuck) waiting.push(sent);
    else setImmediate(sent);
  });
  recorders.push(recorder);
  const sent = (): RecordedExchange[] =>
    batches.flatMap(({ lines }) =>
      lines.map(([at, line]) => {
        const exchange = parseExchange(line);
        assert.ok(typeof exchange !== 'string', `${exchange}: ${line.slice(0, 200)}`);
        assert.equal(exchange.at, at);
        return exchange;
      }),
    );
  const release = () => {
    for (const go of waiting.splice(0)) go();
  };
  return { recorder, batches, sent, release };
}

interface FakeHead {
  readonly rawPath?: string;
  readonly rawHost?: string;
  readonly query?: string | null;
  readonly headers?: readonly string[];
  readonly fault?: string | null;
}

/** As much of an exchange as a recorder looks at, under way and with the head of its response sent. */
function anExchange(head: FakeHead = {}): ExchangeState {
  const whole = { fault: null, rawPath: '/', query: null, rawHost: 'a', headers: [], contentLength: 0, ...head };
  return {
    acceptor: { random: Math.random },
    downstream: { head: whole },
    startedAt: performance.now(),
    method: 'GET',
    scheme: 'http',
    body: null,
    clientIp: '203.0.113.7',
    consumer: null,
    route: { name: 'all' },
    status: 200,
    bytesOut: 3,
    attempts: 1,
    upstreamMs: 1.23456,
    finished: false,
    recorded: null,
  } as unknown as ExchangeState;
}

function finish(exchange: ExchangeState): void {
  exchange.finished = true;
  exchange.recorded?.end();
}

describe('the recorder of an acceptor', () => {
  it('says at once that it records, and from when', () => {
    const { batches } = record();
    assert.equal(batches.length, 1);
    assert.ok(batches[0]!.before >= 0 && batches[0]!.before < 1000);
  });

  it('tells of exchanges that have ended, in order of their beginning, and of nothing before what is under way', async () => {
    const { recorder, sent, batches } = record();
    const [slow, first, second] = ['/slow', '/1', '/2'].map((rawPath) => anExchange({ rawPath })) as [
      ExchangeState,
      ExchangeState,
      ExchangeState,
    ];
    for (const exchange of [slow, first, second]) recorder.begin(exchange);
    finish(second);
    finish(first);
    await until(
      'both sent',
      async () => sent().length,
      (count) => count === 2,
    );
    assert.deepEqual(
      sent().map(({ path }) => path),
      ['/1', '/2'],
    );
    const { before, underWay } = batches.at(-1)!;
    assert.ok(before <= sent()[0]!.at);
    assert.equal(underWay, 1);
    finish(slow);
    await recorder.stop(1000);
    assert.equal(sent().length, 3);
    assert.equal(batches.at(-1)!.isLast, true);
  });

  it('writes at its end what is still under way as it stands, once', async () => {
    const { recorder, sent } = record();
    const exchange = anExchange();
    recorder.begin(exchange);
    await recorder.stop(0);
    finish(exchange);
    const [{ status, responseBytes, upstreamMs }] = sent() as [RecordedExchange];
    assert.deepEqual([status, responseBytes, upstreamMs], [200, null, null]);
    assert.equal(sent().length, 1);
  });

  it('drops and counts what nobody takes from it, and holds no more than a limit', async () => {
    const { recorder, sent, batches, release } = record({}, true);
    const value = 'x'.repeat(100_000);
    for (let i = 0; i < 200; i++) {
      const exchange = anExchange({ headers: ['x-large', value] });
      recorder.begin(exchange);
      finish(exchange);
    }
    const ended = recorder.stop(0);
    assert.equal(batches.length, 1);
    while (batches.at(-1)!.isLast === false) {
      release();
      await new Promise(setImmediate);
      void recorder.stop(0);
    }
    release();
    await ended;
    const { dropped } = batches.at(-1)!;
    assert.ok(dropped > 100);
    assert.equal(sent().length + dropped, 200);
    for (const { lines } of batches) assert.ok(lines.length <= 3);
  });

  it('counts what cannot be written down, and writes what can', async () => {
    const { recorder, sent, batches } = record();
    const heads = [{ fault: 'request_malformed' }, { rawPath: 'http://a/' }, { rawHost: 'a b' }, { query: 'a=b' }];
    for (const head of heads) {
      const exchange = anExchange(head);
      recorder.begin(exchange);
      finish(exchange);
    }
    await recorder.stop(0);
    assert.deepEqual(
      sent().map(({ path }) => path),
      ['/?a=b'],
    );
    assert.equal(batches.at(-1)!.dropped, 3);
  });

  it('records the share that was asked for', async () => {
    const { recorder, sent } = record({ share: 0.25 });
    let turn = 0;
    for (let i = 0; i < 100; i++) {
      const exchange = anExchange();
      Object.assign(exchange, { acceptor: { random: () => (turn++ % 4) / 4 } });
      recorder.begin(exchange);
      finish(exchange);
    }
    await recorder.stop(0);
    assert.equal(sent().length, 25);
  });

  it('replaces what stands where a reloaded config says that credentials are', async () => {
    const { recorder, sent } = record();
    recorder.hide({ headers: ['x-who'], queries: [] });
    const exchange = anExchange({ headers: ['x-who', 'me', 'x_who', 'me'] });
    recorder.begin(exchange);
    finish(exchange);
    await recorder.stop(0);
    assert.doesNotMatch(JSON.stringify(sent()[0]!.headers), /"me"/);
  });
});
