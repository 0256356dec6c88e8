/**
 * JSON trees to MessagePack and back (github.com/msgpack/msgpack, spec.md), exact or not at all.
 *
 *   MessagePack            JSON
 *   nil, boolean           null, true and false
 *   integer                all of its digits
 *   float32, float64       the shortest text that reads as the same double; NaN and infinities: refused
 *   string                 a string; must be UTF-8
 *   binary                 a string in base64 (RFC 4648, section 4)
 *   map                    an object; a key that is no string, or stands twice: refused
 *   extension, timestamp   refused
 *
 * Written here and not with msgpackr, which reads extensions of its own (regular expressions, errors, references between values)
 * and makes a list of the length that a header of five bytes claims.
 */
import { BodyError } from './body-error.ts';
import { isText, type JsonNode, JsonObject, MOST_LEVELS, textOf } from './json-tree.ts';

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
/** Half of a character of two code units; UTF-8 has no bytes for it. */
const LONE_SURROGATE = /[\ud800-\udfff]/u;

/** @throws BodyError */
export function readMessagePack(bytes: Buffer): JsonNode {
  const reader = new Reader(bytes);
  const node = reader.value(0);
  reader.end();
  return node;
}

class Reader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  value(level: number): JsonNode {
    if (level > MOST_LEVELS) throw new BodyError(`more than ${MOST_LEVELS} levels`);
    const bytes = this.#bytes;
    const type = bytes[this.#take(1)]!;
    if (type < 0x80) return String(type);
    if (type >= 0xe0) return String(type - 0x100);
    if (type < 0x90) return this.#map(type & 0x0f, level);
    if (type < 0xa0) return this.#array(type & 0x0f, level);
    if (type < 0xc0) return JSON.stringify(this.#text(type & 0x1f));
    switch (type) {
      case 0xc0:
        return 'null';
      case 0xc2:
        return 'false';
      case 0xc3:
        return 'true';
      case 0xc4:
      case 0xc5:
      case 0xc6:
        return this.#binary(this.#unsigned(1 << (type - 0xc4)));
      case 0xca:
        return float(bytes.readFloatBE(this.#take(4)));
      case 0xcb:
        return float(bytes.readDoubleBE(this.#take(8)));
      case 0xcc:
      case 0xcd:
      case 0xce:
        return String(this.#unsigned(1 << (type - 0xcc)));
      case 0xcf:
        return String(bytes.readBigUInt64BE(this.#take(8)));
      case 0xd0:
      case 0xd1:
      case 0xd2: {
        const size = 1 << (type - 0xd0);
        return String(bytes.readIntBE(this.#take(size), size));
      }
      case 0xd3:
        return String(bytes.readBigInt64BE(this.#take(8)));
      case 0xd9:
      case 0xda:
      case 0xdb:
        return JSON.stringify(this.#text(this.#unsigned(1 << (type - 0xd9))));
      case 0xdc:
      case 0xdd:
        return this.#array(this.#unsigned(type === 0xdc ? 2 : 4), level);
      case 0xde:
      case 0xdf:
        return this.#map(this.#unsigned(type === 0xde ? 2 : 4), level);
      default:
        throw new BodyError('a MessagePack type that JSON has no form for');
    }
  }

  end(): void {
    if (this.#at !== this.#bytes.length) throw new BodyError('more than one MessagePack value');
  }

  /** A length of a header is never believed further than there are bytes. */
  #take(length: number): number {
    const from = this.#at;
    if (length > this.#bytes.length - from) throw new BodyError('not whole');
    this.#at += length;
    return from;
  }

  #unsigned(size: number): number {
    return this.#bytes.readUIntBE(this.#take(size), size);
  }

  #text(length: number): string {
    const from = this.#take(length);
    try {
      return UTF8.decode(this.#bytes.subarray(from, from + length));
    } catch {
      throw new BodyError('text that is not UTF-8');
    }
  }

  #binary(length: number): string {
    const from = this.#take(length);
    return `"${this.#bytes.toString('base64', from, from + length)}"`;
  }

  #array(length: number, level: number): JsonNode[] {
    const array: JsonNode[] = [];
    for (let i = 0; i < length; i++) array.push(this.value(level + 1));
    return array;
  }

  #map(length: number, level: number): JsonObject {
    const object = new JsonObject();
    const seen = new Set<string>();
    for (let i = 0; i < length; i++) {
      const key = this.value(level + 1);
      if (!isText(key)) throw new BodyError('a key that is no text');
      const name = textOf(key);
      if (seen.has(name)) throw new BodyError('a name stands twice');
      seen.add(name);
      object.add(name, this.value(level + 1));
    }
    return object;
  }
}

function float(value: number): string {
  if (!Number.isFinite(value)) throw new BodyError('a number that JSON has no form for');
  return Object.is(value, -0) ? '-0' : String(value);
}

/** @throws BodyError for a number that MessagePack cannot hold exactly */
export function writeMessagePack(node: JsonNode): Buffer {
  const pieces: Buffer[] = [];
  write(node, pieces);
  return Buffer.concat(pieces);
}

function write(node: JsonNode, pieces: Buffer[]): void {
  if (typeof node === 'string') {
    pieces.push(scalar(node));
  } else if (Array.isArray(node)) {
    pieces.push(header(node.length, 0x90, 16, [0, 0xdc, 0xdd]));
    for (const item of node) write(item, pieces);
  } else {
    pieces.push(header(node.names.length, 0x80, 16, [0, 0xde, 0xdf]));
    for (let i = 0; i < node.names.length; i++) {
      pieces.push(text(node.names[i]!));
      write(node.values[i]!, pieces);
    }
  }
}

/** @param types of lengths in one, two and four bytes; 0: there is none in one */
function header(length: number, fixed: number, fixedBelow: number, types: readonly [number, number, number]): Buffer {
  if (length < fixedBelow) return Buffer.from([fixed | length]);
  if (length < 0x100 && types[0] !== 0) return Buffer.from([types[0], length]);
  if (length < 0x10000) return Buffer.from([types[1], length >> 8, length & 0xff]);
  const bytes = Buffer.alloc(5, types[2]);
  bytes.writeUInt32BE(length, 1);
  return bytes;
}

function text(value: string): Buffer {
  if (LONE_SURROGATE.test(value)) throw new BodyError('text that is not Unicode');
  const bytes = Buffer.from(value, 'utf8');
  return Buffer.concat([header(bytes.length, 0xa0, 32, [0xd9, 0xda, 0xdb]), bytes]);
}

function scalar(node: string): Buffer {
  if (isText(node)) return text(textOf(node));
  if (node === 'null') return Buffer.from([0xc0]);
  if (node === 'false') return Buffer.from([0xc2]);
  if (node === 'true') return Buffer.from([0xc3]);
  return /^-?\d+$/.test(node) && node !== '-0' ? integer(node) : double(node);
}

function integer(digits: string): Buffer {
  if (digits.length > 20) return double(digits);
  const value = BigInt(digits);
  if (value >= 0n && value < 0x80n) return Buffer.from([Number(value)]);
  if (value < 0n && value >= -0x20n) return Buffer.from([Number(value) + 0x100]);
  for (const [at, bits] of [8, 16, 32, 64].entries()) {
    const fits = value < 0n ? BigInt.asIntN(bits, value) === value : BigInt.asUintN(bits, value) === value;
    if (!fits) continue;
    const bytes = Buffer.alloc(9);
    bytes.writeBigUInt64BE(BigInt.asUintN(64, value), 1);
    const from = 9 - bits / 8;
    bytes[from - 1] = (value < 0n ? 0xd0 : 0xcc) + at;
    return bytes.subarray(from - 1);
  }
  return double(digits);
}

function double(decimal: string): Buffer {
  const value = Number(decimal);
  if (!Number.isFinite(value) || canonical(decimal) !== canonical(float(value)))
    throw new BodyError('a number that MessagePack cannot hold exactly');
  const bytes = Buffer.alloc(9, 0xcb);
  bytes.writeDoubleBE(value, 1);
  return bytes;
}

/** Two texts of the same decimal number become the same text: digits without zeros at either end, and the power of ten. */
function canonical(decimal: string): string {
  const [, sign, whole, part = '', power = '0'] = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(decimal)!;
  const digits = `${whole}${part}`.replace(/^0+/, '');
  const significant = digits.replace(/0+$/, '');
  const exponent = Number(power) - part.length + (digits.length - significant.length);
  return significant === '' ? `${sign}0` : `${sign}${significant}e${exponent}`;
}
