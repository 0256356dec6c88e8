import assert from 'node:assert/strict';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { describe, it, type TestContext } from 'node:test';
import type { RecordedBatch, RecordingOrder } from '../../../../src/ipc.ts';
import { parseRecordingRequest } from '../../../../src/supervisor/recordings/recording-request.ts';
import type { RecordedAcceptor } from '../../../../src/supervisor/recordings/recording-session.ts';
import { Recordings } from '../../../../src/supervisor/recordings/recordings.ts';

class FakeAcceptor implements RecordedAcceptor {
  order: RecordingOrder | null = null;
  stopped = 0;

  record(order: RecordingOrder): void {
    this.order = order;
  }

  stopRecording(): void {
    this.stopped++;
  }
}

/** What the operator was told. */
const reports: string[] = [];

function begin(t: TestContext, request: object, count = 2) {
  const acceptors = Array.from({ length: count }, () => new FakeAcceptor());
  const recordings = new Recordings(
    'a gateway',
    () => acceptors,
    (message) => reports.push(message),
  );
  const parsed = parseRecordingRequest(JSON.stringify(request));
  assert.ok(typeof parsed !== 'string');
  const recording = recordings.start(parsed)!;
  t.after(() => recording.stream.destroy());
  const hear = (acceptor: FakeAcceptor, batch: Partial<RecordedBatch>) => {
    const empty = { lines: [], before: 0, dropped: 0, underWay: 0, isLast: false };
    recordings.hear(acceptor, { recording: recording.number, ...empty, ...batch });
  };
  return { recordings, recording, acceptors, hear };
}

const lines = (...times: readonly number[]) => times.map((at) => [at, `{"at":${at}}`] as const);
const endOf = (whole: string) => whole.trimEnd().split('\n').at(-1);

describe('a recording that is being taken', () => {
  it('has one key for all acceptors and another for the next recording', (t) => {
    const { recordings, recording, acceptors } = begin(t, {});
    const [first, second] = acceptors.map(({ order }) => order!);
    assert.equal(first!.key, second!.key);
    assert.equal(Buffer.from(first!.key, 'base64').length, 32);
    recording.stream.destroy();
    const next = recordings.start(NOTHING_SPECIAL)!;
    assert.notEqual(acceptors[0]!.order!.key, first!.key);
    next.stream.destroy();
  });

  it('says nothing before every acceptor records', (t) => {
    const { recording, acceptors, hear } = begin(t, {});
    hear(acceptors[0]!, {});
    assert.equal(recording.stream.read(), null);
    hear(acceptors[1]!, {});
    assert.match(String(recording.stream.read()), /^\{"recording":1,"began":"[^"]+","source":"a gateway"/);
  });

  it('has as many exchanges as were asked for, the first ones', async (t) => {
    const { recording, recordings, acceptors, hear } = begin(t, { exchanges: 3 });
    hear(acceptors[0]!, { lines: lines(1, 4, 9), before: 10 });
    hear(acceptors[1]!, { lines: lines(2, 3, 8), before: 10 });
    const whole = await text(recording.stream);
    assert.deepEqual(whole.match(/"at":\d/g), ['"at":1', '"at":2', '"at":3']);
    assert.equal(endOf(whole), '{"end":{"exchanges":3,"dropped":0}}');
    assert.deepEqual(
      acceptors.map(({ stopped }) => stopped),
      [1, 1],
    );
    assert.equal(recordings.stop(recording.number), false);
    assert.deepEqual(reports.splice(-2), [
      'recording 1 has begun: every exchange, 3 at most',
      'recording 1 has ended: 3 exchanges, 0 dropped',
    ]);
  });

  it('counts what acceptors drop, what a dead one had under way, and goes on with the one in its place', async (t) => {
    const { recording, recordings, acceptors, hear } = begin(t, {});
    const [first, second] = acceptors as [FakeAcceptor, FakeAcceptor];
    hear(first, { lines: lines(1), before: 5, dropped: 2, underWay: 3 });
    hear(second, { lines: lines(2), before: 5 });
    recordings.leave(first);
    const third = new FakeAcceptor();
    recordings.join(third);
    assert.equal(third.order!.key, first.order!.key);
    recordings.stop(recording.number);
    hear(second, { before: 1e9, dropped: 1, isLast: true });
    hear(third, { lines: lines(1e8), before: 1e9, dropped: 0, isLast: true });
    assert.equal(endOf(await text(recording.stream)), '{"end":{"exchanges":3,"dropped":6}}');
  });

  it('ends although an acceptor never says its last word', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const { recording, acceptors, hear } = begin(t, { seconds: 10 });
    hear(acceptors[0]!, { lines: lines(6, 7), before: 8 });
    hear(acceptors[1]!, { before: 5, dropped: 4, underWay: 2 });
    t.mock.timers.tick(10_000);
    hear(acceptors[0]!, { isLast: true });
    t.mock.timers.tick(5_000);
    assert.equal(endOf(await text(recording.stream)), '{"end":{"exchanges":2,"dropped":6}}');
  });

  it('grows no further when nobody reads it', async (t) => {
    const { recording, recordings, acceptors, hear } = begin(t, {}, 1);
    const line = 'x'.repeat(1024 * 1024);
    for (let at = 0; at < 50; at++) hear(acceptors[0]!, { lines: [[at, line]], before: at + 1 });
    assert.ok(recording.stream.readableLength < 6 * 1024 * 1024);
    recordings.stop(recording.number);
    hear(acceptors[0]!, { before: 51, isLast: true });
    assert.equal(endOf(await text(recording.stream)), '{"end":{"exchanges":4,"dropped":46}}');
  });

  it('is over when its stream is destroyed, and hears of nothing more', async (t) => {
    const { recording, recordings, acceptors, hear } = begin(t, {}, 1);
    recording.stream.destroy();
    await once(recording.stream, 'close');
    assert.equal(acceptors[0]!.stopped, 1);
    hear(acceptors[0]!, { lines: lines(1), before: 2 });
    const next = recordings.start(NOTHING_SPECIAL)!;
    assert.equal(recordings.start(NOTHING_SPECIAL), null);
    next.stream.destroy();
  });
});

const NOTHING_SPECIAL = {
  seconds: null,
  exchanges: null,
  share: 1,
  bodies: 0,
  pseudonymise: { headers: [], queries: [] },
};
