/**
 * A compiled config as one block of bytes: what fills a config half of the shared memory.
 *
 *   byte 0
 *   +--------+-------------+------------+---------+--------------+------------+
 *   | header | route table | structures | globals | record index | records    |
 *   | words  | words,      | MsgPack    | MsgPack | 1 word per   | MsgPack,   |
 *   |        | opaque here |            |         | record, + 1  | one each   |
 *   +--------+-------------+------------+---------+--------------+------------+
 *            each section begins on a multiple of 8 bytes; records are the routes, then the policies
 *
 * Records are MessagePack with their keys left out: `structures` lists the key sets once (msgpackr's shared structures),
 * which makes a record of 400 bytes one of 80. The index holds each record's begin from the start of the section, so
 * that one record is decoded without looking at the others; its last word is the end of the last record.
 *
 * The words are in the machine's byte order: the image never leaves the machine that made it.
 */
import { Packr, Unpackr } from 'msgpackr';
import type { Bytes, PolicyId, RouteId } from '../brand.ts';
import type { CompiledGlobals, CompiledPolicy, RouteRecord } from '../config/compiled.ts';

/** `PCFG` in ASCII. */
const IMAGE_MAGIC = 0x50434647;

/** Raised with every change to this layout or to what the records hold. */
const IMAGE_VERSION = 3;

/** Words of the header. Offsets are in bytes from the start of the image. */
const HEADER = {
  MAGIC: 0,
  VERSION: 1,
  /** Of the whole image; what follows it in its half is left over from an earlier one. */
  BYTES: 2,
  ROUTES: 3,
  TABLE_OFFSET: 4,
  TABLE_BYTES: 5,
  STRUCTURES_OFFSET: 6,
  STRUCTURES_BYTES: 7,
  GLOBALS_OFFSET: 8,
  GLOBALS_BYTES: 9,
  INDEX_OFFSET: 10,
  RECORDS_OFFSET: 11,
  POLICIES: 12,
} as const;

const HEADER_WORDS = 16;
const WORD_BYTES = Int32Array.BYTES_PER_ELEMENT;
const SECTION_ALIGNMENT = 8;

export interface ConfigImageParts {
  /** From `buildRouteTable`: whole words, whose route ids are the indexes of `routes`. */
  readonly routeTable: Uint8Array;
  readonly globals: CompiledGlobals;
  readonly routes: readonly RouteRecord[];
  /** By PolicyId. */
  readonly policies: readonly CompiledPolicy[];
}

/** The parts as bytes, before they have a place: measured first, then written where there is room for them. */
export interface EncodedConfig {
  /** What a target must have room for. */
  readonly bytes: Bytes;
  readonly routes: number;
  readonly policies: number;
  readonly sections: {
    readonly table: Uint8Array;
    readonly structures: Uint8Array;
    readonly globals: Uint8Array;
    readonly index: Uint8Array;
    readonly records: readonly Uint8Array[];
  };
}

export function encodeConfig({ routeTable, globals, routes, policies }: ConfigImageParts): EncodedConfig {
  const structures: string[][] = [];
  const packr = new Packr({ structures });
  const records: Uint8Array[] = [];
  const index = new Int32Array(routes.length + policies.length + 1);
  const add = (record: Uint8Array): void => {
    const at = records.push(record);
    index[at] = index[at - 1]! + record.byteLength;
  };
  for (const route of routes) add(packr.pack(route));
  // Options are of many shapes: as structures they would crowd out those of the routes.
  const plain = new Packr({ useRecords: false });
  for (const policy of policies) add(plain.pack(policy));
  const sections = {
    table: routeTable,
    structures: new Packr({ useRecords: false }).pack(structures.map((keys) => Array.from(keys))),
    globals: new Packr({ useRecords: false }).pack(globals),
    index: new Uint8Array(index.buffer),
    records,
  };
  const before = [sections.table, sections.structures, sections.globals, sections.index];
  const bytes =
    before.reduce((sum, section) => sum + aligned(section.byteLength), HEADER_WORDS * WORD_BYTES) + index.at(-1)!;
  return { bytes: bytes as Bytes, routes: routes.length, policies: policies.length, sections };
}

/**
 * Writes an image to the start of `target`, which must be aligned to words. Nobody may be reading `target`.
 *
 * @throws RangeError when it does not fit; nothing is written then
 */
export function writeConfigImage(target: Uint8Array, config: EncodedConfig): void {
  if (config.bytes > target.byteLength)
    throw new RangeError(`a config of ${config.bytes} bytes for ${target.byteLength}`);
  const words = new Int32Array(target.buffer, target.byteOffset, HEADER_WORDS);
  let offset = HEADER_WORDS * WORD_BYTES;
  const place = (section: Uint8Array): number => {
    const begin = offset;
    target.set(section, begin);
    offset += aligned(section.byteLength);
    return begin;
  };
  const { table, structures, globals, index, records } = config.sections;
  words[HEADER.MAGIC] = IMAGE_MAGIC;
  words[HEADER.VERSION] = IMAGE_VERSION;
  words[HEADER.BYTES] = config.bytes;
  words[HEADER.ROUTES] = config.routes;
  words[HEADER.POLICIES] = config.policies;
  words[HEADER.TABLE_OFFSET] = place(table);
  words[HEADER.TABLE_BYTES] = table.byteLength;
  words[HEADER.STRUCTURES_OFFSET] = place(structures);
  words[HEADER.STRUCTURES_BYTES] = structures.byteLength;
  words[HEADER.GLOBALS_OFFSET] = place(globals);
  words[HEADER.GLOBALS_BYTES] = globals.byteLength;
  words[HEADER.INDEX_OFFSET] = place(index);
  words[HEADER.RECORDS_OFFSET] = offset;
  for (const record of records) {
    target.set(record, offset);
    offset += record.byteLength;
  }
}

/**
 * Reads an image in place. What `globals` and `route` return is the caller's own; the view that `routeTable` returns, and
 * the image itself, are good only until the half they stand in is refilled: that is, until this acceptor has acknowledged
 * the next generation (see `layout.ts`).
 */
export class ConfigImage {
  readonly routeCount: number;
  /** Length of the image, not of the half it stands in. */
  readonly byteLength: number;
  readonly #bytes: Uint8Array;
  readonly #words: Int32Array;
  readonly #index: Int32Array;
  readonly #unpackr: Unpackr;

  /**
   * @param bytes the half, or any copy of the image, aligned to words
   * @throws RangeError when no image of this version stands there
   */
  constructor(bytes: Uint8Array) {
    const words = new Int32Array(bytes.buffer, bytes.byteOffset, HEADER_WORDS);
    const isImage = words[HEADER.MAGIC] === IMAGE_MAGIC && words[HEADER.VERSION] === IMAGE_VERSION;
    if (!isImage || words[HEADER.BYTES]! > bytes.byteLength) throw new RangeError('no config image of this version');
    this.routeCount = words[HEADER.ROUTES]!;
    this.byteLength = words[HEADER.BYTES]!;
    this.#bytes = bytes;
    this.#words = words;
    this.#index = this.#wordsAt(words[HEADER.INDEX_OFFSET]!, this.routeCount + words[HEADER.POLICIES]! + 1);
    const structures = new Unpackr({ useRecords: false }).unpack(this.#section(HEADER.STRUCTURES_OFFSET)) as string[][];
    this.#unpackr = new Unpackr({ structures });
  }

  /** Decodes everything but the routes. Once per snapshot: nothing is kept. */
  globals(): CompiledGlobals {
    return new Unpackr({ useRecords: false }).unpack(this.#section(HEADER.GLOBALS_OFFSET)) as CompiledGlobals;
  }

  /** The route table's words, in place. */
  routeTable(): Int32Array {
    return this.#wordsAt(this.#words[HEADER.TABLE_OFFSET]!, this.#words[HEADER.TABLE_BYTES]! / WORD_BYTES);
  }

  /** Decodes one record. Some microseconds: the caller keeps what it uses often. */
  route(id: RouteId): RouteRecord {
    return this.#unpackr.unpack(this.#record(id)) as RouteRecord;
  }

  /** All of them, in file order. */
  *routes(): Generator<RouteRecord> {
    for (let id = 0; id < this.routeCount; id++) yield this.route(id as RouteId);
  }

  /** As `route`. */
  policy(id: PolicyId): CompiledPolicy {
    return new Unpackr({ useRecords: false }).unpack(this.#record(this.routeCount + id)) as CompiledPolicy;
  }

  #record(index: number): Buffer {
    const records = this.#words[HEADER.RECORDS_OFFSET]!;
    return this.#copy(records + this.#index[index]!, records + this.#index[index + 1]!);
  }

  #section(offsetWord: number): Buffer {
    const begin = this.#words[offsetWord]!;
    return this.#copy(begin, begin + this.#words[offsetWord + 1]!);
  }

  /** Private memory, as decoders of text refuse a SharedArrayBuffer. */
  #copy(begin: number, end: number): Buffer {
    return Buffer.from(this.#bytes.subarray(begin, end));
  }

  #wordsAt(offset: number, count: number): Int32Array {
    return new Int32Array(this.#bytes.buffer, this.#bytes.byteOffset + offset, count);
  }
}

function aligned(bytes: number): number {
  return Math.ceil(bytes / SECTION_ALIGNMENT) * SECTION_ALIGNMENT;
}
