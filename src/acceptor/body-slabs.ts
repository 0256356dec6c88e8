/**
 * Memory for the pieces of large request bodies. A piece lives for one write; left to the garbage collector, which runs by
 * its own idea of need, an upload of 1 GiB was seen to hold 30 MiB and to take twice as long. So pieces are lent, and
 * given back when the kernel has them.
 *
 * Whoever loses sight of a piece (its socket has died with the write under way) simply forgets it: then it is garbage
 * like any other, and never lent again.
 */

/** Most bytes of one piece. */
export const SLAB_BYTES = 64 * 1024;
/** Slabs kept while nobody needs them: 4 MiB. */
const MOST_FREE = 64;

const free: ArrayBuffer[] = [];
/** Every slab ever made, to tell them from memory that somebody else may hold a part of. */
const slabs = new WeakSet<ArrayBufferLike>();

/** Copies at most SLAB_BYTES. */
export function copyToSlab(bytes: Buffer): Buffer {
  const piece = Buffer.from(free.pop() ?? makeSlab(), 0, bytes.length);
  bytes.copy(piece);
  return piece;
}

function makeSlab(): ArrayBuffer {
  const slab = new ArrayBuffer(SLAB_BYTES);
  slabs.add(slab);
  return slab;
}

/** The caller knows that nobody reads this piece any more. One that is no slab is left to the garbage collector. */
export function giveBackSlab(piece: Buffer): void {
  if (free.length < MOST_FREE && slabs.has(piece.buffer)) free.push(piece.buffer as ArrayBuffer);
}
