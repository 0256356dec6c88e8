import type { RouteId } from '../brand.ts';
import {
  CANDIDATE,
  CANDIDATE_WORDS,
  HEADER,
  HOST,
  NODE,
  PARAMETER,
  ROUTE_TABLE_FORMAT,
  SLASH,
  slotOf,
  wordsOf,
} from './route-table-layout.ts';

/**
 * Reads the words of a route table where they lie, and never writes: the memory may be mapped read-only. Offsets go in and come
 * out as plain numbers; 0 is "none". Nothing here allocates except `string`, which decodes a string once and keeps it.
 */
export class RouteTableReader {
  readonly #words: Int32Array;
  readonly #bytes: Uint8Array;
  readonly #strings = new Map<number, string>();
  readonly #hostSlots: number;
  readonly #hostSlotCount: number;
  readonly #stringDirectory: number;

  /** Throws a RangeError when the bytes are not a route table of this layout or not aligned to four bytes. */
  constructor(bytes: Uint8Array) {
    this.#words = new Int32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength >>> 2);
    this.#bytes = bytes;
    if (this.#words[HEADER.FORMAT] !== ROUTE_TABLE_FORMAT) throw new RangeError('not a route table of this version');
    this.#hostSlots = this.#words[HEADER.HOST_SLOTS];
    this.#hostSlotCount = this.#words[HEADER.HOST_SLOT_COUNT];
    this.#stringDirectory = this.#words[HEADER.STRINGS];
  }

  header(field: number): number {
    return this.#words[field];
  }

  /** The record of the host whose bytes are `name[from .. end)` and have this hash from the end on. */
  host(hash: number, name: Uint8Array, from: number, end: number): number {
    const words = this.#words;
    const count = this.#hostSlotCount;
    if (count === 0) return 0;
    for (let slot = slotOf(hash, count), tries = 0; tries < count; slot = (slot + 1) & (count - 1), tries++) {
      const record = words[this.#hostSlots + 2 * slot + 1];
      if (record === 0) return 0;
      if (words[this.#hostSlots + 2 * slot] === hash && this.#isHost(record, name, from, end)) return record;
    }
    return 0;
  }

  #isHost(record: number, name: Uint8Array, from: number, end: number): boolean {
    if (end - from !== this.#words[record + HOST.LABEL_LENGTH]) return false;
    const bytes = this.#bytes;
    let label = (record + HOST.LABEL) << 2;
    for (let i = from; i < end; i++) if (name[i] !== bytes[label++]) return false;
    return true;
  }

  field(at: number, field: number): number {
    return this.#words[at + field];
  }

  /** How many segments of a path lie above the end of this node. */
  depth(node: number): number {
    return this.#words[node + NODE.LABEL_LENGTH] >>> 16;
  }

  /**
   * Whether a path has this node's label at `from`, as whole segments. The bytes of the path are `path[0 .. end)`; they hold a
   * slash before `from`.
   */
  hasLabel(node: number, path: Uint8Array, from: number, end: number): boolean {
    const bytes = this.#bytes;
    let at = from;
    let label = (node + NODE.LABEL) << 2;
    const labelEnd = label + (this.#words[node + NODE.LABEL_LENGTH] & 0xffff);
    for (; label < labelEnd; label++) {
      const expected = bytes[label];
      if (expected === PARAMETER) {
        const start = at;
        while (at < end && path[at] !== SLASH) at++;
        if (at === start) return false;
      } else {
        if (at === end || path[at] !== expected) return false;
        at++;
      }
    }
    return at === end || path[at] === SLASH;
  }

  /**
   * The child whose label begins with a segment of this hash; an only child is not even looked at. Where two children share
   * a hash, `previous` is the one that turned out to be wrong; 0 at first.
   */
  literalChild(node: number, hash: number, previous: number): number {
    const words = this.#words;
    const count = words[node + NODE.SLOT_COUNT];
    if (count === 0) return 0;
    const slots = node + NODE.LABEL + wordsOf(words[node + NODE.LABEL_LENGTH] & 0xffff);
    if (count === 1) return previous === 0 ? words[slots + 1] : 0;
    let isPassed = previous === 0;
    for (let slot = slotOf(hash, count); ; slot = (slot + 1) & (count - 1)) {
      const child = words[slots + 2 * slot + 1];
      if (child === 0) return 0;
      if (words[slots + 2 * slot] !== hash) continue;
      if (isPassed) return child;
      if (child === previous) isPassed = true;
    }
  }

  candidateRoute(candidate: number): RouteId {
    return (this.#words[candidate + CANDIDATE.ROUTE] >>> 1) as RouteId;
  }

  /** The candidate that is tried after this one, or 0. */
  nextCandidate(candidate: number): number {
    return (this.#words[candidate + CANDIDATE.ROUTE] & 1) === 1 ? 0 : candidate + CANDIDATE_WORDS;
  }

  /** The n-th word of a list after its count. */
  item(list: number, index: number): number {
    return this.#words[list + 1 + index];
  }

  /** The list of a route's parameters, or 0. */
  parameters(route: RouteId): number {
    return this.item(this.#words[HEADER.ROUTES], route);
  }

  string(index: number): string {
    const known = this.#strings.get(index);
    return known === undefined ? this.#decode(index) : known;
  }

  #decode(index: number): string {
    const entry = this.#stringDirectory + 2 * index;
    const start = this.#bytes.byteOffset + this.#words[entry];
    const text = Buffer.from(this.#bytes.buffer, start, this.#words[entry + 1]).toString('utf8');
    this.#strings.set(index, text);
    return text;
  }
}
