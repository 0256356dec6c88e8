/**
 * A compiled config as one block of bytes: what fills a config half of the shared memory.
 *
 *   byte 0
 *   +--------+-------------+------------+---------+-------+---------+--------------+------------+
 *   | header | route table | structures | globals | files | places  | record index | records    |
 *   | words  | words,      | MsgPack    | MsgPack | names | 3 words | 1 word per   | MsgPack,   |
 *   |        | opaque here |            |         |       | a route | record, + 1  | one each   |
 *   +--------+-------------+------------+---------+-------+---------+--------------+------------+
 *            each section begins on a multiple of 8 bytes; records are the routes, then the policies
 *
 * Records are MessagePack with their keys left out: `structures` lists the key sets once (msgpackr's shared structures),
 * which makes a record of 400 bytes one of 80. The index holds each record's begin from the start of the section, so
 * that one record is decoded without looking at the others; its last word is the end of the last record.
 *
 * Where a route stands (number of the file, line, column) is kept apart from its record: a route that is put before others
 * moves them and changes none, so that their records can be taken over from the image before.
 *
 * The words are in the machine's byte order: the image never leaves the machine that made it.
 */
import { Packr, Unpackr } from 'msgpackr';
import { align } from '../align.ts';
import type { Bytes, PolicyId, RouteId } from '../brand.ts';
import type { CompiledGlobals, CompiledPolicy, RouteRecord, StoredRoute } from '../config/compiled.ts';
import { formatPlace, type Place } from '../config/diagnostics.ts';
import { NewRecords } from './new-records.ts';

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
  FILES_OFFSET: 13,
  FILES_BYTES: 14,
  PLACES_OFFSET: 15,
} as const;

const HEADER_WORDS = 16;
const PLACE_WORDS = 3;
const WORD_BYTES = Int32Array.BYTES_PER_ELEMENT;
const SECTION_ALIGNMENT = 8;

export interface ConfigImageParts {
  /** From `buildRouteTable`: whole words, whose route ids are the indexes of `records`. */
  readonly routeTable: Uint8Array;
  readonly globals: CompiledGlobals;
  readonly records: readonly StoredRoute[];
  placeOf(route: RouteId): Place;
  /** By PolicyId. */
  readonly policies: readonly CompiledPolicy[];
}

/** The parts as bytes, before they have a place: measured first, then written where there is room for them. */
export interface EncodedConfig {
  /** What a target must have room for. */
  readonly bytes: Bytes;
  readonly routes: readonly StoredRoute[];
  readonly policies: number;
  /** Whether its records say the same in another image. */
  readonly isPortable: boolean;
  readonly sections: {
    readonly table: Uint8Array;
    readonly structures: Uint8Array;
    readonly globals: Uint8Array;
    readonly files: Uint8Array;
    readonly places: Uint8Array;
    readonly index: Int32Array;
    readonly records: Uint8Array;
  };
}

/** @param earlier another version of the config: records of the very same routes are taken over as they are */
export function encodeConfig(parts: ConfigImageParts, earlier: EncodedConfig | null = null): EncodedConfig {
  const { routeTable, globals, records: routes, policies } = parts;
  const before = earlier?.isPortable ? earlier : null;
  const records = new NewRecords(routes.length + policies.length);
  const indexes = align(before?.routes ?? [], routes);
  for (let id = 0; id < routes.length; id++) {
    if (indexes[id] === -1) records.addRoute(routes[id]!);
    else records.copy(before!.sections, indexes[id]!);
  }
  for (const policy of policies) records.addPolicy(policy);
  const sections = {
    table: routeTable,
    structures: packPlain(records.structures),
    globals: packPlain(globals),
    ...encodePlaces(parts),
    ...records.finish(),
  };
  const { table, structures, files, places, index } = sections;
  const bytes = [table, structures, sections.globals, files, places, index].reduce(
    (sum, { byteLength }) => sum + aligned(byteLength),
    HEADER_WORDS * WORD_BYTES + sections.records.byteLength,
  );
  return { bytes: bytes as Bytes, routes, policies: policies.length, isPortable: records.arePortable, sections };
}

function packPlain(value: unknown): Uint8Array {
  return new Packr({ useRecords: false }).pack(value);
}

function encodePlaces({ records, placeOf }: ConfigImageParts): { files: Uint8Array; places: Uint8Array } {
  const words = new Int32Array(records.length * PLACE_WORDS);
  const numbers = new Map<string, number>();
  let at = 0;
  for (let id = 0; id < records.length; id++) {
    const { file, line, column } = placeOf(id as RouteId);
    let number = numbers.get(file);
    if (number === undefined) {
      number = numbers.size;
      numbers.set(file, number);
    }
    words[at++] = number;
    words[at++] = line;
    words[at++] = column;
  }
  return { files: packPlain([...numbers.keys()]), places: new Uint8Array(words.buffer) };
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
  const { table, structures, globals, files, places, index, records } = config.sections;
  words[HEADER.MAGIC] = IMAGE_MAGIC;
  words[HEADER.VERSION] = IMAGE_VERSION;
  words[HEADER.BYTES] = config.bytes;
  words[HEADER.ROUTES] = config.routes.length;
  words[HEADER.POLICIES] = config.policies;
  words[HEADER.TABLE_OFFSET] = place(table);
  words[HEADER.TABLE_BYTES] = table.byteLength;
  words[HEADER.STRUCTURES_OFFSET] = place(structures);
  words[HEADER.STRUCTURES_BYTES] = structures.byteLength;
  words[HEADER.GLOBALS_OFFSET] = place(globals);
  words[HEADER.GLOBALS_BYTES] = globals.byteLength;
  words[HEADER.FILES_OFFSET] = place(files);
  words[HEADER.FILES_BYTES] = files.byteLength;
  words[HEADER.PLACES_OFFSET] = place(places);
  words[HEADER.INDEX_OFFSET] = place(new Uint8Array(index.buffer));
  words[HEADER.RECORDS_OFFSET] = place(records);
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
  readonly #places: Int32Array;
  readonly #files: readonly string[];
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
    this.#places = this.#wordsAt(words[HEADER.PLACES_OFFSET]!, this.routeCount * PLACE_WORDS);
    this.#files = new Unpackr({ useRecords: false }).unpack(this.#section(HEADER.FILES_OFFSET)) as string[];
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
    return { ...(this.#unpackr.unpack(this.#record(id)) as StoredRoute), source: this.#placeOf(id) };
  }

  /** All of them, in file order. */
  *routes(): Generator<RouteRecord> {
    for (let id = 0; id < this.routeCount; id++) yield this.route(id as RouteId);
  }

  /** As `route`. */
  policy(id: PolicyId): CompiledPolicy {
    return new Unpackr({ useRecords: false }).unpack(this.#record(this.routeCount + id)) as CompiledPolicy;
  }

  #placeOf(id: RouteId): string {
    const at = id * PLACE_WORDS;
    const file = this.#files[this.#places[at]!]!;
    return formatPlace({ file, line: this.#places[at + 1]!, column: this.#places[at + 2]! });
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
