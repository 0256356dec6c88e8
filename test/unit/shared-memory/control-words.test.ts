import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { AcceptorSlot, Generation } from '../../../src/brand.ts';
import { ControlWords, halfOf, isAcknowledged, slotsElsewhere } from '../../../src/shared-memory/control-words.ts';
import { CONTROL, SLOT, SLOT_STATE } from '../../../src/shared-memory/layout.ts';

function controlOf(slots: number): ControlWords {
  const control = new ControlWords(new SharedArrayBuffer(16384));
  control.words[CONTROL.SLOTS] = slots;
  return control;
}

const slot = (number: number): AcceptorSlot => number as AcceptorSlot;
const generation = (number: number): Generation => number as Generation;

test('a generation is acknowledged when no live slot shows another', () => {
  const slots = fc.array(fc.record({ pid: fc.nat({ max: 2 }), acknowledged: fc.nat({ max: 5 }) }), {
    minLength: 1,
    maxLength: 100,
  });
  fc.assert(
    fc.property(slots, fc.nat({ max: 5 }), (states, wanted) => {
      const control = controlOf(states.length);
      states.forEach(({ pid, acknowledged }, index) => {
        control.claim(slot(index), pid);
        control.acknowledge(slot(index), generation(acknowledged));
      });
      const elsewhere = states.flatMap(({ pid, acknowledged }, index) =>
        pid !== 0 && acknowledged !== wanted ? [index] : [],
      );
      assert.deepEqual(slotsElsewhere(control.words, generation(wanted)), elsewhere);
      assert.equal(isAcknowledged(control.words, generation(wanted)), elsewhere.length === 0);
    }),
  );
});

test('an acceptor that only just claimed its slot holds the next refill back', () => {
  const control = controlOf(2);
  control.claim(slot(0), 100);
  control.acknowledge(slot(0), generation(7));
  assert.ok(isAcknowledged(control.words, generation(7)));
  control.claim(slot(1), 101);
  assert.deepEqual(slotsElsewhere(control.words, generation(7)), [1]);
});

test('reaping gives back what the dead acceptor held and keeps its count of lost log lines', () => {
  const control = controlOf(3);
  control.claim(slot(1), 100);
  control.setState(slot(1), SLOT_STATE.SERVING);
  control.set(slot(1), 'OPEN_CONNECTIONS', 12);
  control.set(slot(1), 'EXCHANGES_IN_FLIGHT', 3);
  assert.equal(control.add(slot(1), 'LOG_LINES_DROPPED', 5), 0);
  control.set(slot(0), 'OPEN_CONNECTIONS', 4);
  control.set(slot(2), 'OPEN_CONNECTIONS', 6);
  control.reap(slot(1));
  assert.equal(control.get(slot(1), 'PID'), 0);
  assert.equal(control.get(slot(1), 'STATE'), SLOT_STATE.FREE);
  assert.equal(control.get(slot(1), 'OPEN_CONNECTIONS'), 0);
  assert.equal(control.get(slot(1), 'EXCHANGES_IN_FLIGHT'), 0);
  assert.equal(control.get(slot(1), 'LOG_LINES_DROPPED'), 5);
  assert.equal(control.get(slot(0), 'OPEN_CONNECTIONS'), 4, 'a neighbour is left alone');
  assert.equal(control.get(slot(2), 'OPEN_CONNECTIONS'), 6, 'a neighbour is left alone');
  assert.ok(isAcknowledged(control.words, generation(9)), 'a free slot is not waited for');
});

test('counters of spans outgrow 32 bits, touch no word of any slot, and stay when it is reaped', () => {
  const control = controlOf(3);
  const before = [...control.words];
  for (const counter of ['SPANS_EXPORTED', 'SPANS_FAILED', 'SPANS_DROPPED'] as const) {
    control.count(slot(1), counter, 2 ** 40);
    control.count(slot(1), counter, 1);
    assert.equal(control.counter(slot(1), counter), 2 ** 40 + 1);
    assert.deepEqual([control.counter(slot(0), counter), control.counter(slot(2), counter)], [0, 0]);
  }
  for (const word of Object.keys(SLOT) as (keyof typeof SLOT)[]) assert.equal(control.get(slot(1), word), 0, word);
  control.reap(slot(1));
  assert.equal(control.counter(slot(1), 'SPANS_DROPPED'), 2 ** 40 + 1);
  assert.deepEqual(control.words.slice(0, 32), Int32Array.from(before.slice(0, 32)), 'header and the slot before');
});

test('successive generations lie in different halves', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 0x7ffffffe }), (number) => {
      assert.notEqual(halfOf(generation(number)), halfOf(generation(number + 1)));
    }),
  );
});
