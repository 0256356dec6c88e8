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
  /** What members that are gone had counted. */
  readonly #left = new Map<SeriesId, SeriesTotals>();

  constructor(memory: SharedMemory) {
    this.#memory = memory;
  }

  /** What it has counted so far does not count. */
  add(slot: AcceptorSlot): void {
    this.leave(slot);
    const reader = new SlabReader([this.#memory.slab(slot)], this.#memory.control.header('SERIES'));
    const before = new Map<SeriesId, Float64Array>();
    for (const series of seriesOf(reader)) before.set(series, totalsOf(reader, series).words.slice());
    this.#members.set(slot, { reader, before });
  }

  /** Its acceptor is gone: what it counted stays, and what the next one in its slot counts, which may be in another group, does not count. */
  leave(slot: AcceptorSlot): void {
    const member = this.#members.get(slot);
    if (member === undefined) return;
    addCounts(this.#left, member.reader, member.before);
    this.#members.delete(slot);
  }

  /** Sums by series; UNROUTED stands for no route. Nothing for a series in which nothing was counted. */
  read(): ReadonlyMap<SeriesId, SeriesTotals> {
    const sums = new Map<SeriesId, SeriesTotals>();
    for (const [series, counted] of this.#left) sums.set(series, sumOf([counted]));
    for (const { reader, before } of this.#members.values()) addCounts(sums, reader, before);
    return sums;
  }
}

/** Adds what was counted since a baseline. */
function addCounts(sums: Map<SeriesId, SeriesTotals>, reader: SlabReader, before: Baseline): void {
  for (const series of seriesOf(reader)) {
    const { words } = totalsOf(reader, series);
    const start = before.get(series);
    const sum = sums.get(series) ?? new SeriesTotals();
    for (let i = 0; i < words.length; i++) sum.words[i] += words[i]! - (start?.[i] ?? 0);
    sums.set(series, sum);
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
