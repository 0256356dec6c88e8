import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Heartbeat } from '../../../src/supervisor/heartbeat.ts';

function afterLooks(beats: readonly number[]): Heartbeat {
  const heartbeat = new Heartbeat();
  for (const beat of beats) heartbeat.look(beat);
  return heartbeat;
}

const standingStill = (looks: number) => afterLooks(Array.from({ length: looks + 1 }, () => 7));

test('an acceptor that serves is hung after 15 s without a beat, not before', () => {
  assert.deepEqual([standingStill(14).isHung(true), standingStill(15).isHung(true)], [false, true]);
});

test('one that still starts has a minute', () => {
  assert.deepEqual([standingStill(59).isHung(false), standingStill(60).isHung(false)], [false, true]);
});

test('each beat makes good for all that were missed', () => {
  const heartbeat = standingStill(14);
  assert.equal(heartbeat.ageMs, 14_000);
  heartbeat.look(8);
  assert.deepEqual([heartbeat.ageMs, heartbeat.isHung(true)], [0, false]);
});

test('time in which nobody looked blames nobody', () => {
  // A supervisor that was stopped for an hour looks once when it goes on, whatever the clock says.
  assert.equal(afterLooks([7, 7]).isHung(true), false);
});
