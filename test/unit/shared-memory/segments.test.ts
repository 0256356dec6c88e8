import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Bytes } from '../../../src/brand.ts';
import { CONTROL_HEADER_WORDS, PAGE_BYTES, SLOT_WORDS } from '../../../src/shared-memory/layout.ts';
import { planSegments, slabOffset } from '../../../src/shared-memory/segments.ts';

const sizes = fc.record({
  slots: fc.integer({ min: 1, max: 512 }),
  configHalfBytes: fc.integer({ min: 1, max: 1 << 30 }).map((bytes) => bytes as Bytes),
  bucketBytes: fc.integer({ min: 1, max: 1 << 30 }).map((bytes) => bytes as Bytes),
  endpointBytes: fc.integer({ min: 1, max: 1 << 26 }).map((bytes) => bytes as Bytes),
  flightBytes: fc.integer({ min: 1, max: 1 << 26 }).map((bytes) => bytes as Bytes),
  slabBytes: fc.integer({ min: 1, max: 1 << 26 }).map((bytes) => bytes as Bytes),
});

test('segments follow one another on page boundaries, each at least as large as asked', () => {
  fc.assert(
    fc.property(sizes, (asked) => {
      const plan = planSegments(asked);
      const segments: [start: number, bytes: number, asked: number][] = [
        [0, plan.controlBytes, (CONTROL_HEADER_WORDS + asked.slots * SLOT_WORDS) * 4],
        [plan.configOffset[0], plan.configHalfBytes, asked.configHalfBytes],
        [plan.configOffset[1], plan.configHalfBytes, asked.configHalfBytes],
        [plan.bucketOffset, plan.bucketBytes, asked.bucketBytes],
        [plan.endpointOffset, plan.endpointBytes, asked.endpointBytes],
        [plan.flightOffset, plan.flightBytes, asked.flightBytes],
      ];
      for (let slot = 0; slot < asked.slots; slot++) {
        segments.push([slabOffset(plan, slot), plan.slabBytes, asked.slabBytes]);
      }
      let end = 0;
      for (const [start, bytes, wanted] of segments) {
        assert.equal(start, end);
        assert.equal(start % PAGE_BYTES, 0);
        assert.ok(bytes >= wanted && bytes - wanted < PAGE_BYTES);
        end += bytes;
      }
      assert.equal(plan.totalBytes, end);
    }),
  );
});

test('a plan made from the rounded sizes is the same plan: acceptors only see whole pages', () => {
  fc.assert(
    fc.property(sizes, (asked) => {
      const plan = planSegments(asked);
      assert.deepEqual(planSegments(plan), plan);
    }),
  );
});
