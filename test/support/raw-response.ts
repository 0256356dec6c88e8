/** A strict HTTP/1.1 response parser for tests, independent of the product's own: it forgives nothing. */

export interface RawResponse {
  readonly version: string;
  readonly status: number;
  readonly reason: string;
  /** Names as on the wire, values without surrounding blanks, in order. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Buffer;
  /** Sizes of the chunks as sent; null unless chunked. */
  readonly chunks: readonly number[] | null;
  readonly trailers: readonly (readonly [name: string, value: string])[];
  /** What told where the body ends. */
  readonly framing: 'none' | 'length' | 'chunked' | 'close';
  /** All values of a header, by lower-case name. */
  header(name: string): string | undefined;
}

export interface Parsed {
  readonly response: RawResponse;
  /** Bytes of the input that belong to this response. */
  readonly consumed: number;
}

type Pairs = [name: string, value: string][];
type Body = Pick<RawResponse, 'body' | 'chunks' | 'trailers' | 'framing'> & { readonly end: number };

const STATUS_LINE = /^(HTTP\/1\.[01]) ([1-5][0-9]{2}) ([\t\x20-\x7e\x80-\xff]*)$/;
const HEADER_LINE = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[ \t]*([\t\x20-\x7e\x80-\xff]*?)[ \t]*$/;
const CHUNK_LINE = /^([0-9a-fA-F]{1,8})(;.*)?$/;
const NONE: Omit<Body, 'end' | 'framing'> = { body: Buffer.alloc(0), chunks: null, trailers: [] };

function parsePairs(lines: readonly string[]): Pairs {
  return lines.map((line) => {
    const match = HEADER_LINE.exec(line);
    if (match === null) throw new Error(`malformed header line: ${JSON.stringify(line)}`);
    return [match[1], match[2]];
  });
}

const valuesOf = (headers: Pairs, name: string): string[] =>
  headers.filter(([key]) => key.toLowerCase() === name).map(([, value]) => value);

function parseChunked(input: Buffer, start: number): Body | null {
  const parts: Buffer[] = [];
  const lineEnd = (from: number): number => input.indexOf('\r\n', from);
  let at = start;
  for (;;) {
    const end = lineEnd(at);
    if (end === -1) return null;
    const line = input.toString('latin1', at, end);
    const match = CHUNK_LINE.exec(line);
    if (match === null) throw new Error(`malformed chunk line: ${JSON.stringify(line)}`);
    const size = Number.parseInt(match[1], 16);
    at = end + 2;
    if (size === 0) break;
    if (input.length < at + size + 2) return null;
    parts.push(input.subarray(at, at + size));
    if (input.toString('latin1', at + size, at + size + 2) !== '\r\n') throw new Error('no CRLF after a chunk');
    at += size + 2;
  }
  const lines: string[] = [];
  for (;;) {
    const end = lineEnd(at);
    if (end === -1) return null;
    const line = input.toString('latin1', at, end);
    at = end + 2;
    if (line === '') break;
    lines.push(line);
  }
  const chunks = parts.map((part) => part.length);
  return { body: Buffer.concat(parts), chunks, trailers: parsePairs(lines), framing: 'chunked', end: at };
}

function parseBody(input: Buffer, start: number, bodiless: boolean, headers: Pairs, ended: boolean): Body | null {
  if (bodiless) return { ...NONE, framing: 'none', end: start };
  const lengths = valuesOf(headers, 'content-length');
  const codings = valuesOf(headers, 'transfer-encoding');
  if (lengths.length + codings.length > 1) throw new Error('more than one header says where the body ends');
  if (codings.length === 1) {
    if (codings[0] !== 'chunked') throw new Error(`unknown transfer coding: ${codings[0]}`);
    return parseChunked(input, start);
  }
  if (lengths.length === 1) {
    if (!/^[0-9]{1,15}$/.test(lengths[0])) throw new Error(`malformed content-length: ${lengths[0]}`);
    const end = start + Number(lengths[0]);
    return input.length < end ? null : { ...NONE, body: input.subarray(start, end), framing: 'length', end };
  }
  return ended ? { ...NONE, body: input.subarray(start), framing: 'close', end: input.length } : null;
}

/**
 * Parses the response at the start of the input (RFC 9112, sections 4 to 7).
 *
 * @param method of the request it answers: HEAD has no body
 * @param ended whether the peer has closed its side in an orderly way, which ends a body that has no length
 * @returns null when more bytes are needed
 * @throws Error when it is not a well-formed response
 */
export function parseResponse(input: Buffer, method: string, ended: boolean): Parsed | null {
  const headEnd = input.indexOf('\r\n\r\n');
  if (headEnd === -1) return null;
  const [statusLine, ...lines] = input.toString('latin1', 0, headEnd).split('\r\n');
  const match = STATUS_LINE.exec(statusLine);
  if (match === null) throw new Error(`malformed status line: ${JSON.stringify(statusLine)}`);
  const headers = parsePairs(lines);
  const status = Number(match[2]);
  const bodiless = method === 'HEAD' || status < 200 || status === 204 || status === 304;
  const parsed = parseBody(input, headEnd + 4, bodiless, headers, ended);
  if (parsed === null) return null;
  const { end, ...body } = parsed;
  const header = (name: string): string | undefined => {
    const values = valuesOf(headers, name.toLowerCase());
    return values.length === 0 ? undefined : values.join(', ');
  };
  return { response: { version: match[1], status, reason: match[3], headers, ...body, header }, consumed: end };
}
