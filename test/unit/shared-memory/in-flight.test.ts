import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { clearSlot, InFlight, inFlightBytes } from '../../../src/shared-memory/in-flight.ts';

const ROWS = 5;
const SLOTS = 3;

describe('in flight', () => {
  it('counts as a simple model does, whoever enters, leaves and dies', () => {
    const steps = fc.array(
      fc.record({
        what: fc.constantFrom('enter', 'enter', 'leave', 'die'),
        slot: fc.nat(SLOTS - 1),
        row: fc.nat(ROWS - 1),
        limit: fc.integer({ min: 1, max: 4 }),
      }),
      { maxLength: 200 },
    );
    fc.assert(
      fc.property(steps, (taken) => {
        const memory = new SharedArrayBuffer(inFlightBytes(ROWS, SLOTS));
        const tables = Array.from({ length: SLOTS }, (_, slot) => new InFlight(memory, ROWS, SLOTS, slot));
        const held = Array.from({ length: SLOTS }, () => new Array<number>(ROWS).fill(0));
        const total = (row: number) => held.reduce((sum, rows) => sum + rows[row], 0);
        for (const { what, slot, row, limit } of taken) {
          if (what === 'enter') {
            const expected = total(row) < limit;
            assert.equal(tables[slot].enter(row, limit), expected);
            if (expected) held[slot][row]++;
          } else if (what === 'leave' && held[slot][row] > 0) {
            tables[slot].leave(row);
            held[slot][row]--;
          } else if (what === 'die') {
            clearSlot(memory, ROWS, SLOTS, slot);
            held[slot].fill(0);
          }
          for (let at = 0; at < ROWS; at++) assert.equal(tables[0].count(at), total(at));
        }
      }),
    );
  });

  it('stays in its part of the memory', () => {
    const memory = new SharedArrayBuffer(64 + inFlightBytes(ROWS, SLOTS));
    const table = new InFlight(memory, ROWS, SLOTS, 2, 64);
    assert.ok(table.enter(0, 1));
    assert.ok(new Uint8Array(memory, 0, 64).every((byte) => byte === 0));
    clearSlot(memory, ROWS, SLOTS, 2, 64);
    assert.equal(table.count(0), 0);
    assert.throws(() => new InFlight(memory, ROWS + 100, SLOTS, 0, 64), RangeError);
  });
});
