import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import type { AcceptorSlot, SeriesId } from '../../../../src/brand.ts';
import { slabBytes } from '../../../../src/shared-memory/metrics-slab.ts';
import type { SharedMemory } from '../../../../src/shared-memory/shared-memory.ts';
import type { SeriesTotals } from '../../../../src/shared-memory/slab-reader.ts';
import { SlabWriter } from '../../../../src/shared-memory/slab-writer.ts';
import { GroupReading, sumOf } from '../../../../src/supervisor/canary/group-reading.ts';
import { anExchange } from '../../telemetry/an-exchange.ts';

const SERIES = 3;
const SLOTS = 4;
const ROUTE = 0 as SeriesId;

const requestsOf = (totals: SeriesTotals | undefined): number =>
  totals?.requests.reduce((sum, count) => sum + count, 0) ?? 0;

it('groups count what their acceptors did while they were members, whoever dies and takes whose slot', () => {
  const step = fc.record({
    kind: fc.constantFrom('count' as const, 'replace' as const),
    slot: fc.nat({ max: SLOTS - 1 }),
    group: fc.nat({ max: 1 }),
    count: fc.nat({ max: 5 }),
    isRouted: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const slabs = Array.from({ length: SLOTS }, () => new SharedArrayBuffer(slabBytes(SERIES)));
      const writers = slabs.map((slab) => new SlabWriter(slab, SERIES));
      const memory = { slab: (slot: number) => slabs[slot]!, control: { header: () => SERIES } };
      const groups = [0, 1].map(() => new GroupReading(memory as unknown as SharedMemory));
      const groupOf: (number | null)[] = slabs.map(() => null);
      const expected = [0, 0];
      for (const { kind, slot, group, count, isRouted } of steps) {
        if (kind === 'count') {
          const route = isRouted ? { name: 'a', series: ROUTE } : null;
          for (let i = 0; i < count; i++) writers[slot]!.record(anExchange({ route, upstream: null }));
          const counting = groupOf[slot];
          if (counting !== null && counting !== undefined) expected[counting]! += count;
        } else {
          for (const reading of groups) reading.leave(slot as AcceptorSlot);
          groups[group]!.add(slot as AcceptorSlot);
          groupOf[slot] = group;
        }
      }
      assert.deepEqual(
        groups.map((reading) => requestsOf(sumOf(reading.read().values()))),
        expected,
      );
    }),
  );
});
