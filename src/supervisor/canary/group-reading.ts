import type { AcceptorSlot, SeriesId } from '../../brand.ts';
import type { SharedMemory } from '../../shared-memory/shared-memory.ts';
import { SeriesTotals, SlabReader } from '../../shared-memory/slab-reader.ts';

/** The route label of exchanges that no route was found for. */
const UNROUTED = -1 as SeriesId;

/** What one acceptor had counted when it joined its group. */
type Baseline = ReadonlyMap<SeriesId, Float64Array>;

/** What some acceptors have counted since they were put together, by route. */
export class GroupReading {
  readonly #memory: SharedMemory;
  readonly #members = new Map<AcceptorSlot, { readonly reader: SlabReader; readonly before: Baseline }>();

  constructor(memory: SharedMemory) {
    this.#memory = memory;
  }

  /** What it has counted so far does not count. */
  add(slot: AcceptorSlot): void {
    const reader = new SlabReader([this.#memory.slab(slot)], this.#memory.control.header('SERIES'));
    const before = new Map<SeriesId, Float64Array>();
    for (const series of seriesOf(reader)) before.set(series, totalsOf(reader, series).words.slice());
    this.#members.set(slot, { reader, before });
  }

  /** Sums by series; UNROUTED stands for no route. Nothing for a series in which nothing was counted. */
  read(): ReadonlyMap<SeriesId, SeriesTotals> {
    const sums = new Map<SeriesId, SeriesTotals>();
    for (const { reader, before } of this.#members.values()) {
      for (const series of seriesOf(reader)) {
        const { words } = totalsOf(reader, series);
        const start = before.get(series);
        const sum = sums.get(series) ?? new SeriesTotals();
        for (let i = 0; i < words.length; i++) sum.words[i] += words[i]! - (start?.[i] ?? 0);
        sums.set(series, sum);
      }
    }
    return sums;
  }
}

function seriesOf(reader: SlabReader): readonly SeriesId[] {
  return [UNROUTED, ...reader.usedSeries()];
}

function totalsOf(reader: SlabReader, series: SeriesId): SeriesTotals {
  return series === UNROUTED ? reader.readUnrouted() : reader.read(series);
}

/** All of them added up. */
export function sumOf(readings: Iterable<SeriesTotals>): SeriesTotals {
  const sum = new SeriesTotals();
  for (const { words } of readings) for (let i = 0; i < words.length; i++) sum.words[i] += words[i]!;
  return sum;
}
