import type { RouteId } from '../brand.ts';
import {
  CANDIDATE,
  CANDIDATE_WORDS,
  HASH_SEED,
  HEADER,
  HEADER_WORDS,
  HOST,
  hashStep,
  MAX_LABEL_BYTES,
  NODE,
  ROUTE_TABLE_FORMAT,
  SLASH,
  slotOf,
  wordsOf,
} from './route-table-layout.ts';

/** Writes the words of a route table, in the order it is told to; knows the layout and nothing of precedence. */
export class RouteTableWriter {
  #words = new Int32Array(1 << 14);
  #used = HEADER_WORDS;
  readonly #strings: string[] = [];
  readonly #stringNumbers = new Map<string, number>();

  /** The number of a string; the same text has one number. */
  string(text: string): number {
    const known = this.#stringNumbers.get(text);
    if (known !== undefined) return known;
    this.#stringNumbers.set(text, this.#strings.length);
    return this.#strings.push(text) - 1;
  }

  /** A list with its length before it. `count` when that is not the number of words. */
  list(words: readonly number[], count = words.length): number {
    const at = this.#reserve(1 + words.length);
    this.#words[at] = count;
    this.#words.set(words, at + 1);
    return at;
  }

  conditions(headers: readonly number[], queries: readonly number[]): number {
    return this.list([...headers, ...queries], (headers.length >> 1) | ((queries.length >> 1) << 16));
  }

  /** Room for candidates in the order they are tried; there is at least one. */
  candidates(count: number): number {
    return this.#reserve(count * CANDIDATE_WORDS);
  }

  /**
   * One way to reach a route where a path has matched: what else the request must have.
   *
   * @param conditions their offset, or 0
   */
  candidate(
    start: number,
    index: number,
    isLast: boolean,
    route: RouteId,
    methodBits: number,
    conditions: number,
  ): void {
    const at = start + index * CANDIDATE_WORDS;
    this.#words[at + CANDIDATE.ROUTE] = (route << 1) | (isLast ? 1 : 0);
    this.#words[at + CANDIDATE.METHODS] = methodBits;
    this.#words[at + CANDIDATE.CONDITIONS] = conditions;
  }

  /** A node with room for its literal children. `label` is ASCII with PARAMETER for a parameter. */
  node(label: string, depth: number, childCount: number): number {
    if (label.length > MAX_LABEL_BYTES) throw new RangeError(`a path of more than ${MAX_LABEL_BYTES} bytes`);
    const slotCount = slotCountFor(childCount);
    const at = this.#reserve(NODE.LABEL + wordsOf(label.length) + 2 * slotCount);
    this.#words[at + NODE.LABEL_LENGTH] = label.length | (depth << 16);
    this.#words[at + NODE.SLOT_COUNT] = slotCount;
    this.#text(at + NODE.LABEL, label);
    return at;
  }

  /** Points a field of a node or a host record at something written after it. */
  point(at: number, field: number, target: number): void {
    this.#words[at + field] = target;
  }

  /** Enters a literal child into its parent's slots, under the first segment of its label. */
  addChild(parent: number, label: string, child: number): void {
    const slots = parent + NODE.LABEL + wordsOf(this.#words[parent + NODE.LABEL_LENGTH] & 0xffff);
    this.#enter(slots, this.#words[parent + NODE.SLOT_COUNT], hashOfSegment(label), child);
  }

  hostRecord(label: string): number {
    const at = this.#reserve(HOST.LABEL + wordsOf(label.length));
    this.#words[at + HOST.LABEL_LENGTH] = label.length;
    this.#text(at + HOST.LABEL, label);
    return at;
  }

  /** The table that leads from a host to its record. */
  hostSlots(hosts: ReadonlyMap<string, number>): void {
    const slotCount = slotCountFor(hosts.size);
    const slots = this.#reserve(2 * slotCount);
    for (const [label, record] of hosts) this.#enter(slots, slotCount, hashOfHost(label), record);
    this.setHeader(HEADER.HOST_SLOTS, slots);
    this.setHeader(HEADER.HOST_SLOT_COUNT, slotCount);
  }

  setHeader(field: number, value: number): void {
    this.#words[field] = value;
  }

  /** Writes the strings and hands over the finished bytes. The writer is of no use afterwards. */
  finish(): Uint8Array {
    const encoder = new TextEncoder();
    const directory = this.#reserve(2 * this.#strings.length);
    this.#strings.forEach((text, index) => {
      const bytes = encoder.encode(text);
      const at = this.#reserve(wordsOf(bytes.length));
      new Uint8Array(this.#words.buffer).set(bytes, at << 2);
      this.#words[directory + 2 * index] = at << 2;
      this.#words[directory + 2 * index + 1] = bytes.length;
    });
    this.setHeader(HEADER.FORMAT, ROUTE_TABLE_FORMAT);
    this.setHeader(HEADER.STRINGS, directory);
    return new Uint8Array(this.#words.buffer, 0, this.#used << 2);
  }

  #reserve(count: number): number {
    const at = this.#used;
    this.#used += count;
    if (this.#used > this.#words.length) {
      const grown = new Int32Array(Math.max(this.#used, 2 * this.#words.length));
      grown.set(this.#words);
      this.#words = grown;
    }
    return at;
  }

  #text(at: number, ascii: string): void {
    const bytes = new Uint8Array(this.#words.buffer, at << 2, ascii.length);
    for (let i = 0; i < ascii.length; i++) bytes[i] = ascii.charCodeAt(i);
  }

  #enter(slots: number, slotCount: number, hash: number, target: number): void {
    let slot = slotOf(hash, slotCount);
    while (this.#words[slots + 2 * slot + 1] !== 0) slot = (slot + 1) & (slotCount - 1);
    this.#words[slots + 2 * slot] = hash;
    this.#words[slots + 2 * slot + 1] = target;
  }
}

/** One slot for an only child, else a power of two that leaves at least a third empty, so that every search ends. */
function slotCountFor(entries: number): number {
  if (entries <= 1) return entries;
  let count = 2;
  while (2 * count < 3 * entries) count *= 2;
  return count;
}

function hashOfSegment(label: string): number {
  let hash = HASH_SEED;
  for (let i = 0; i < label.length && label.charCodeAt(i) !== SLASH; i++) hash = hashStep(hash, label.charCodeAt(i));
  return hash;
}

/** From the end, so that one pass over a name yields the hash of each of its suffixes. */
function hashOfHost(label: string): number {
  let hash = HASH_SEED;
  for (let i = label.length - 1; i >= 0; i--) hash = hashStep(hash, label.charCodeAt(i));
  return hash;
}
