/**
 * The gateway's shared memory as the supervisor creates it and an acceptor opens it. `layout.ts` draws it.
 *
 * What a process may write is decided by how it maps each segment, so a stray write cannot reach further:
 *
 *                 control   config halves   buckets, endpoints, flights   own slab   other slabs
 *   supervisor      rw           rw                    rw                   -           rw
 *   acceptor        rw        read-only                rw                   rw       not mapped
 */
import { createMemory, mapMemory } from '../../native-bindings/native.ts';
import type { AcceptorSlot, Bytes } from '../brand.ts';
import { ControlWords } from './control-words.ts';
import { CONTROL, LAYOUT_VERSION, MAGIC, PAGE_BYTES } from './layout.ts';
import { type MemorySizes, pagesOf, planSegments, type SegmentPlan, slabOffset } from './segments.ts';

export interface SharedMemory {
  /** The descriptor to hand to acceptors. */
  readonly fd: number;
  readonly plan: SegmentPlan;
  readonly control: ControlWords;
  /** Rate-limit buckets: every acceptor's, by compare-exchange. */
  readonly buckets: SharedArrayBuffer;
  /** Health and load of every endpoint. */
  readonly endpoints: SharedArrayBuffer;
  /** Requests in flight of whatever has a limit of them. */
  readonly flights: SharedArrayBuffer;
  /** One half of the config memory. An acceptor that writes to it is killed. */
  configHalf(half: 0 | 1): Uint8Array;
  /** The metrics slab of a slot. An acceptor has its own only. @throws RangeError for a slab this process has not mapped. */
  slab(slot: AcceptorSlot): SharedArrayBuffer;
}

class MappedMemory implements SharedMemory {
  readonly fd: number;
  readonly plan: SegmentPlan;
  readonly control: ControlWords;
  readonly buckets: SharedArrayBuffer;
  readonly endpoints: SharedArrayBuffer;
  readonly flights: SharedArrayBuffer;
  readonly #halves: readonly [Uint8Array, Uint8Array];
  readonly #slabs: ReadonlyMap<AcceptorSlot, SharedArrayBuffer>;

  constructor(fd: number, plan: SegmentPlan, slots: readonly AcceptorSlot[], configWritable: boolean) {
    const half = (index: 0 | 1): Uint8Array =>
      new Uint8Array(mapMemory(fd, plan.configOffset[index], plan.configHalfBytes, configWritable));
    this.fd = fd;
    this.plan = plan;
    this.control = new ControlWords(mapMemory(fd, 0, plan.controlBytes, true));
    this.buckets = mapMemory(fd, plan.bucketOffset, plan.bucketBytes, true);
    this.endpoints = mapMemory(fd, plan.endpointOffset, plan.endpointBytes, true);
    this.flights = mapMemory(fd, plan.flightOffset, plan.flightBytes, true);
    this.#halves = [half(0), half(1)];
    this.#slabs = new Map(slots.map((slot) => [slot, mapMemory(fd, slabOffset(plan, slot), plan.slabBytes, true)]));
  }

  configHalf(half: 0 | 1): Uint8Array {
    return this.#halves[half];
  }

  slab(slot: AcceptorSlot): SharedArrayBuffer {
    const slab = this.#slabs.get(slot);
    if (slab === undefined) throw new RangeError(`The slab of slot ${slot} is not mapped in this process.`);
    return slab;
  }
}

/**
 * Supervisor: creates the memory, zero-filled, and writes its header. Pages take no room until they are touched.
 *
 * @throws RangeError for sizes that are no positive integers; what `createMemory` and `mapMemory` throw.
 */
export function createSharedMemory(sizes: MemorySizes): SharedMemory {
  for (const [name, value] of Object.entries(sizes)) {
    if (!Number.isSafeInteger(value) || value < 1)
      throw new RangeError(`${name} must be a positive integer, not ${value}.`);
  }
  const plan = planSegments(sizes);
  const slots = Array.from({ length: sizes.slots }, (_, slot) => slot as AcceptorSlot);
  const memory = new MappedMemory(createMemory(plan.totalBytes), plan, slots, true);
  writeHeader(memory.control.words, plan, sizes.series);
  return memory;
}

function writeHeader(words: Int32Array, plan: SegmentPlan, series: number): void {
  words[CONTROL.LAYOUT_VERSION] = LAYOUT_VERSION;
  words[CONTROL.SLOTS] = plan.slots;
  words[CONTROL.CONFIG_PAGES] = pagesOf(plan.configHalfBytes);
  words[CONTROL.SLAB_PAGES] = pagesOf(plan.slabBytes);
  words[CONTROL.BUCKET_PAGES] = pagesOf(plan.bucketBytes);
  words[CONTROL.ENDPOINT_PAGES] = pagesOf(plan.endpointBytes);
  words[CONTROL.FLIGHT_PAGES] = pagesOf(plan.flightBytes);
  words[CONTROL.SERIES] = series;
  // Last: memory that bears the magic number has a complete header.
  Atomics.store(words, CONTROL.MAGIC, MAGIC);
}

/**
 * Acceptor: opens the memory behind an inherited descriptor and claims its slot in it, before any generation can be read.
 *
 * @throws an Error that names both versions when the supervisor's layout is another one; RangeError for a slot that is not there.
 */
export function openSharedMemory(fd: number, slot: AcceptorSlot, pid: number = process.pid): SharedMemory {
  const header = new Int32Array(mapMemory(fd, 0, PAGE_BYTES, false));
  checkHeader(header);
  const plan = planSegments({
    slots: header[CONTROL.SLOTS],
    configHalfBytes: (header[CONTROL.CONFIG_PAGES] * PAGE_BYTES) as Bytes,
    slabBytes: (header[CONTROL.SLAB_PAGES] * PAGE_BYTES) as Bytes,
    bucketBytes: (header[CONTROL.BUCKET_PAGES] * PAGE_BYTES) as Bytes,
    endpointBytes: (header[CONTROL.ENDPOINT_PAGES] * PAGE_BYTES) as Bytes,
    flightBytes: (header[CONTROL.FLIGHT_PAGES] * PAGE_BYTES) as Bytes,
  });
  if (!Number.isInteger(slot) || slot < 0 || slot >= plan.slots) {
    throw new RangeError(`Slot ${slot} is not one of the ${plan.slots} acceptor slots.`);
  }
  const memory = new MappedMemory(fd, plan, [slot], false);
  memory.control.claim(slot, pid);
  return memory;
}

function checkHeader(header: Int32Array): void {
  if (Atomics.load(header, CONTROL.MAGIC) !== MAGIC) {
    throw new Error('The inherited memory is not the shared memory of a Penstock supervisor.');
  }
  const version = header[CONTROL.LAYOUT_VERSION];
  if (version !== LAYOUT_VERSION) {
    throw new Error(
      `The supervisor's shared memory has layout version ${version}, this acceptor knows version ${LAYOUT_VERSION}: ` +
        'they are of different releases, restart the gateway.',
    );
  }
}
