/**
 * The layout of the memory that all processes of one gateway share: the only place where its words have names.
 *
 *   one sealed memfd, created by the supervisor, inherited by every acceptor as file descriptor SHARED_MEMORY_FD
 *
 *   byte 0            page-aligned, sizes from the config (`runtime.memory`), offsets in the segment table
 *   +---------+----------+----------+---------+-----------+---------+---------+-- - - --+-----------+
 *   | control | config A | config B | buckets | endpoints | flights | slab 0  |         | slab S-1  |
 *   +---------+----------+----------+---------+-----------+---------+---------+-- - - --+-----------+
 *    superv.   supervisor (acceptors map   all, by   superv. and    all, by    one writer each: the acceptor that holds the
 *    + slots   both halves read-only)      CAS       all, atomics   atomics    slot; the supervisor once that one is dead
 *
 *   buckets     rate limits: token-buckets.ts        endpoints   health, circuits, requests in flight: endpoint-table.ts
 *   flights     requests in flight of whatever has a concurrency limit: flight-table.ts
 *
 * S is twice the number of acceptors: while a rolling replacement runs, an old acceptor still counts into its slab when
 * its successor already counts into another.
 *
 * control, in 32-bit words:
 *
 *   0..15   header: magic, layout version, acceptor slots, generation, segment table
 *   16..    one block of 16 words (a cache line, so that heartbeats of two acceptors never share one) per slot
 */

/** `PNST` in ASCII. */
export const MAGIC = 0x504e5354;

/** Raised with every change to this file's words or to the slab's; a process that finds another number refuses the memory. */
export const LAYOUT_VERSION = 4;

/** Where an acceptor finds the memory: after stdin, stdout, stderr and the IPC channel. */
export const SHARED_MEMORY_FD = 4;

export const PAGE_BYTES = 4096;

/** Words of the control header. All written by the supervisor alone. */
export const CONTROL = {
  MAGIC: 0,
  LAYOUT_VERSION: 1,
  SLOTS: 2,
  /**
   * Generation of the newest snapshot; 0 before the first publish. Written after its half is filled. Even generations lie in
   * half A, odd ones in half B: one word says both, so that no reader can see a new half with an old generation.
   */
  GENERATION: 3,
  /** Pages of one config half, of one slab, of the buckets: what a process needs to find every segment. */
  CONFIG_PAGES: 4,
  SLAB_PAGES: 5,
  BUCKET_PAGES: 6,
  /** Metrics series a slab has room for. */
  SERIES: 7,
  ENDPOINT_PAGES: 8,
  FLIGHT_PAGES: 9,
  /**
   * Generation that some acceptors alone were told to serve, in the other half; 0: none. Set after that half is filled, and
   * cleared before anything else is done with it: see `Publisher`.
   */
  CANARY_GENERATION: 10,
} as const;

export const CONTROL_HEADER_WORDS = 16;

/** Words of one acceptor slot. Written by the acceptor that holds the slot, zeroed by the supervisor when it is reaped. */
export const SLOT = {
  PID: 0,
  /** Seconds since the acceptor started, raised by a timer: a loop that hangs stops raising it. */
  HEARTBEAT: 1,
  /** The generation this acceptor serves; the other half may be refilled once all live slots show the one that is live. */
  ACKNOWLEDGED_GENERATION: 2,
  OPEN_CONNECTIONS: 3,
  EXCHANGES_IN_FLIGHT: 4,
  /** 1 once the acceptor accepts connections, 2 while it drains. */
  STATE: 5,
  /** Access-log lines lost because the log could not take them. Kept when the slot is reaped: a counter. */
  LOG_LINES_DROPPED: 6,
} as const;

export const SLOT_WORDS = 16;

/**
 * Counters of one acceptor slot that outgrow 32 bits: places of 64-bit floats within the slot's block, behind its words. Kept
 * when the slot is reaped.
 */
export const SLOT_COUNTER = {
  /** Spans that a collector has taken, that none would take, and that there was no room for. */
  SPANS_EXPORTED: 5,
  SPANS_FAILED: 6,
  SPANS_DROPPED: 7,
} as const;

export const SLOT_STATE = { FREE: 0, SERVING: 1, DRAINING: 2 } as const;
