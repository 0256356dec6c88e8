/**
 * Where each segment of the shared memory begins: arithmetic on the sizes in the control header, the same in every process.
 */
import type { ByteOffset, Bytes } from '../brand.ts';
import { CONTROL_HEADER_WORDS, PAGE_BYTES, SLOT_WORDS } from './layout.ts';

/** Sizes as the supervisor asks for them; each segment is rounded up to whole pages. */
export interface MemorySizes {
  /** Acceptor slots: twice the number of acceptors. */
  readonly slots: number;
  readonly configHalfBytes: Bytes;
  readonly bucketBytes: Bytes;
  readonly endpointBytes: Bytes;
  readonly flightBytes: Bytes;
  /** One acceptor's metrics slab. */
  readonly slabBytes: Bytes;
  /** Metrics series a slab has room for; carried in the header for whoever reads slabs. */
  readonly series: number;
}

/** Byte offsets and sizes of every segment, all multiples of PAGE_BYTES. */
export interface SegmentPlan {
  readonly slots: number;
  readonly controlBytes: Bytes;
  readonly configHalfBytes: Bytes;
  readonly bucketBytes: Bytes;
  readonly endpointBytes: Bytes;
  readonly flightBytes: Bytes;
  readonly slabBytes: Bytes;
  readonly configOffset: readonly [ByteOffset, ByteOffset];
  readonly bucketOffset: ByteOffset;
  readonly endpointOffset: ByteOffset;
  readonly flightOffset: ByteOffset;
  readonly firstSlabOffset: ByteOffset;
  readonly totalBytes: Bytes;
}

/** Pages that hold this many bytes; at least one, since an empty window cannot be mapped. */
export function pagesOf(bytes: number): number {
  return Math.max(1, Math.ceil(bytes / PAGE_BYTES));
}

/** Lays the segments out one after another, in the order of the diagram in `layout.ts`. */
export function planSegments(sizes: Omit<MemorySizes, 'series'>): SegmentPlan {
  const wholePages = (bytes: number): Bytes => (pagesOf(bytes) * PAGE_BYTES) as Bytes;
  const controlBytes = wholePages((CONTROL_HEADER_WORDS + sizes.slots * SLOT_WORDS) * Int32Array.BYTES_PER_ELEMENT);
  const configHalfBytes = wholePages(sizes.configHalfBytes);
  const bucketBytes = wholePages(sizes.bucketBytes);
  const endpointBytes = wholePages(sizes.endpointBytes);
  const flightBytes = wholePages(sizes.flightBytes);
  const slabBytes = wholePages(sizes.slabBytes);
  const bucketOffset = controlBytes + 2 * configHalfBytes;
  const endpointOffset = bucketOffset + bucketBytes;
  const flightOffset = endpointOffset + endpointBytes;
  const firstSlabOffset = flightOffset + flightBytes;
  return {
    slots: sizes.slots,
    controlBytes,
    configHalfBytes,
    bucketBytes,
    endpointBytes,
    flightBytes,
    slabBytes,
    configOffset: [controlBytes as number as ByteOffset, (controlBytes + configHalfBytes) as ByteOffset],
    bucketOffset: bucketOffset as ByteOffset,
    endpointOffset: endpointOffset as ByteOffset,
    flightOffset: flightOffset as ByteOffset,
    firstSlabOffset: firstSlabOffset as ByteOffset,
    totalBytes: (firstSlabOffset + sizes.slots * slabBytes) as Bytes,
  };
}

/** Where the slab of a slot begins. */
export function slabOffset(plan: SegmentPlan, slot: number): ByteOffset {
  return (plan.firstSlabOffset + slot * plan.slabBytes) as ByteOffset;
}
