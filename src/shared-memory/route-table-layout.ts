/**
 * The layout of a compiled route table: the words that the builder writes once and every acceptor walks in place.
 *
 * Everything is a 32-bit word; an offset is an index of a word, counted from the table's start, and 0 means "none".
 * Text is bytes, padded to whole words. The table holds no address, so it reads the same wherever it is mapped.
 *
 *   header ──┬─► host slots ──► host record ─► root node          one trie per host, so that what one request walks
 *            │   (hash table)        │           │                lies close together (nodes in depth-first order)
 *            │                       └► regexps  ├► slots ──────► node: a literal next segment, found by its hash
 *            ├─► any-host record ─► ...          ├► parameter ──► node: any next segment
 *            │                                   ├► terminal ───► candidates: the path ends here
 *            │                                   └► prefix ─────► candidates: the path ends here or goes on
 *            ├─► methods: the string of each method bit
 *            ├─► routes: the parameters of each route
 *            └─► strings: text that is only needed once a path has matched
 *
 *   node            0 label length (bytes) | depth << 16         a chain of nodes without a fork is one node: its label
 *                   1 number of slots, a power of two, or 0      is the whole chain, `v1/users/P/keys`, where P is the
 *                   2 parameter child                            byte PARAMETER, which stands for any non-empty segment
 *                   3 terminal candidates
 *                   4 prefix candidates
 *                   5 label ... then the slots: (hash of the child's first segment, child)
 *   host record     0 root node | 1 regexps | 2 label length | 3 label: `shop.example.com`, or `.example.com` for `*.`
 *   candidates      3 words each, best first: route << 1 | last, method bits, conditions
 *   conditions      0 headers | queries << 16 | 1 name, value (string numbers) ... headers first
 *   regexps         0 count | 1 source (string number), candidates ... in the order they are tried
 *   parameters      0 count | 1 index of the path segment, name (string number) ...
 *   strings         directory of (byte offset, byte length), one per string number
 */

/** `PRT` and the version of this layout; a reader that finds another word refuses the table. */
export const ROUTE_TABLE_FORMAT = 0x50525401;

export const HEADER = {
  FORMAT: 0,
  HOST_SLOTS: 1,
  /** Number of host slots, a power of two; 0 when no route names a host. */
  HOST_SLOT_COUNT: 2,
  /** 1 when some host is a `*.` suffix: otherwise a lookup tries the whole host name only. */
  HAS_SUFFIXES: 3,
  ANY_HOST: 4,
  METHODS: 5,
  METHOD_COUNT: 6,
  ROUTES: 7,
  ROUTE_COUNT: 8,
  STRINGS: 9,
} as const;
export const HEADER_WORDS = 16;

export const NODE = { LABEL_LENGTH: 0, SLOT_COUNT: 1, PARAMETER: 2, TERMINAL: 3, PREFIX: 4, LABEL: 5 } as const;
export const HOST = { ROOT: 0, REGEXPS: 1, LABEL_LENGTH: 2, LABEL: 3 } as const;
export const CANDIDATE = { ROUTE: 0, METHODS: 1, CONDITIONS: 2 } as const;
export const CANDIDATE_WORDS = 3;

/** Stands in a label for one non-empty segment. No path holds a NUL byte. */
export const PARAMETER = 0;

/** The method bits of a route that takes any method. Bit 31 belongs to all methods that no route names. */
export const ANY_METHOD = -1;
export const OTHER_METHOD = 1 << 31;
export const MAX_METHODS = 31;

/** What fits the 16 bits that a node has for each. */
export const MAX_LABEL_BYTES = 0xffff;
export const MAX_SEGMENTS = 0x7fff;

export const SLASH = 0x2f;

/**
 * FNV-1a over characters. It only decides where to look: whoever finds something compares the text itself, because
 * the senders of requests choose what is hashed.
 */
export const HASH_SEED = 0x811c9dc5 | 0;

export function hashStep(hash: number, character: number): number {
  return ((hash << 5) + (character - hash)) | 0;
}

/** The slot a hash starts at, for a power of two of slots: the high bits are folded in, FNV's low bits alone are weak. */
export function slotOf(hash: number, slotCount: number): number {
  return (hash ^ (hash >>> 15)) & (slotCount - 1);
}

/** Words that hold so many bytes. */
export function wordsOf(byteLength: number): number {
  return (byteLength + 3) >>> 2;
}
