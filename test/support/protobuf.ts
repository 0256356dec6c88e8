/** As much of protobuf's wire format as a test needs to read a message by its field numbers. */

type Field = { readonly varint: bigint } | { readonly fixed64: Buffer } | { readonly bytes: Buffer };

const EMPTY = Buffer.alloc(0);

/** The fields of one message. What is not there reads as empty, or zero. */
export class ProtobufFields {
  readonly #fields: ReadonlyMap<number, readonly Field[]>;

  constructor(fields: ReadonlyMap<number, readonly Field[]>) {
    this.#fields = fields;
  }

  has(number: number): boolean {
    return this.#fields.has(number);
  }

  bytes(number: number): Buffer {
    const field = this.#fields.get(number)?.[0];
    return field !== undefined && 'bytes' in field ? field.bytes : EMPTY;
  }

  text(number: number): string {
    return this.bytes(number).toString('utf8');
  }

  /** A varint or a fixed64. */
  number(number: number): bigint {
    const field = this.#fields.get(number)?.[0];
    if (field === undefined || 'bytes' in field) return 0n;
    return 'varint' in field ? field.varint : field.fixed64.readBigUInt64LE();
  }

  double(number: number): number {
    const field = this.#fields.get(number)?.[0];
    return field !== undefined && 'fixed64' in field ? field.fixed64.readDoubleLE() : 0;
  }

  message(number: number): ProtobufFields {
    return fieldsOf(this.bytes(number));
  }

  messages(number: number): ProtobufFields[] {
    return (this.#fields.get(number) ?? []).map((field) => fieldsOf('bytes' in field ? field.bytes : EMPTY));
  }
}

/** @throws RangeError when the message is cut short */
export function fieldsOf(message: Buffer): ProtobufFields {
  const fields = new Map<number, Field[]>();
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = message.readUInt8(at++);
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  const take = (length: number): Buffer => {
    if (at + length > message.length) throw new RangeError('the message is cut short');
    at += length;
    return message.subarray(at - length, at);
  };
  const field = (wireType: number): Field => {
    if (wireType === 0) return { varint: varint() };
    if (wireType === 1) return { fixed64: take(8) };
    if (wireType === 2) return { bytes: take(Number(varint())) };
    // fixed32: nothing that is read here.
    return { bytes: take(4) };
  };
  while (at < message.length) {
    const key = Number(varint());
    const number = key >>> 3;
    const list = fields.get(number) ?? [];
    list.push(field(key & 7));
    fields.set(number, list);
  }
  return new ProtobufFields(fields);
}
