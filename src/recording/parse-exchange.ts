/** One line of a recording to what it says. A million lines a minute pass here in a replay: checks are plain and flat. */
import type { RecordedBody, RecordedExchange, RecordingEnd, RecordingHead } from './recorded-exchange.ts';

type Members = Readonly<Record<string, unknown>>;

/** RFC 9110, section 5.6.2. */
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** What would end a line of a request head that is made from it. */
const LINE_END = /[\0\r\n]/;
/** Besides, a target ends at a space. */
const TARGET_END = /[\0-\x20\x7f]/;
const DIGEST = /^[0-9a-f]{64}$/;
const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;

/**
 * Reads the line of an exchange.
 *
 * @returns what is wrong with the line when it is none, to follow the place where it stands
 */
export function parseExchange(line: string): RecordedExchange | string {
  const value = parseMembers(line);
  return typeof value === 'string' ? value : exchangeOf(value);
}

/** Reads the first line; a text says what is wrong with it. */
export function parseRecordingHead(line: string): RecordingHead | string {
  const value = parseMembers(line);
  if (typeof value === 'string' || !('recording' in value)) {
    return 'this is no recording, expected a first line {"recording":1,...}';
  }
  if (value['recording'] !== 1)
    return `recordings of the form ${JSON.stringify(value['recording'])} are not known here`;
  return {
    recording: 1,
    began: textOrNull(value['began']),
    source: textOrNull(value['source']),
    licence: textOrNull(value['licence']),
  };
}

/** Reads a last line; null when the line is no such line. */
export function parseRecordingEnd(line: string): RecordingEnd | null {
  if (!line.startsWith('{"end"')) return null;
  const value = parseMembers(line);
  if (typeof value === 'string') return null;
  const end = value['end'];
  if (!isMembers(end) || !isCount(end['exchanges']) || !isCount(end['dropped'])) return null;
  return { end: { exchanges: end['exchanges'], dropped: end['dropped'] } };
}

function parseMembers(line: string): Members | string {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return 'this is not JSON';
  }
  return isMembers(value) ? value : 'this is no JSON object';
}

function exchangeOf(value: Members): RecordedExchange | string {
  const { at, scheme = null, method, host, path, headers, client = null, consumer = null, route = null } = value;
  const { status, responseBytes = null, upstreamMs = null } = value;
  if (!isQuantity(at)) return wrong('at', 'milliseconds since the beginning');
  if (scheme !== null && scheme !== 'http' && scheme !== 'https') return wrong('scheme', 'http, https or null');
  if (typeof method !== 'string' || !TOKEN.test(method)) return wrong('method', 'a method');
  if (typeof host !== 'string' || TARGET_END.test(host)) return wrong('host', 'the value of a Host header');
  if (typeof path !== 'string' || !isTarget(path)) return wrong('path', 'a target that begins with a slash');
  const problem = problemOfHeaders(headers);
  if (problem !== null) return problem;
  const body = bodyOf(value['body']);
  if (typeof body === 'string') return body;
  if (!isTextOrNull(client)) return wrong('client', 'an address or null');
  if (!isTextOrNull(consumer)) return wrong('consumer', 'a name or null');
  if (!isTextOrNull(route)) return wrong('route', 'a name or null');
  if (!isCount(status) || status > 999) return wrong('status', 'a status, or 0');
  if (responseBytes !== null && !isCount(responseBytes)) return wrong('responseBytes', 'a number of bytes or null');
  if (upstreamMs !== null && !isQuantity(upstreamMs)) return wrong('upstreamMs', 'milliseconds or null');
  return {
    at,
    scheme,
    method,
    host,
    path,
    headers: headers as RecordedExchange['headers'],
    body,
    client,
    consumer,
    route,
    status,
    responseBytes,
    upstreamMs,
  };
}

function problemOfHeaders(headers: unknown): string | null {
  if (!Array.isArray(headers)) return wrong('headers', 'a list of pairs of name and value');
  for (const pair of headers as unknown[]) {
    if (!Array.isArray(pair) || pair.length !== 2) return wrong('headers', 'a list of pairs of name and value');
    const [name, value] = pair as unknown[];
    if (typeof name !== 'string' || !TOKEN.test(name)) return wrong('headers', 'names that a header can have');
    if (typeof value !== 'string' || LINE_END.test(value)) return wrong('headers', 'values that a header can have');
  }
  return null;
}

function bodyOf(body: unknown): RecordedBody | null | string {
  if (body === undefined || body === null) return null;
  if (!isMembers(body)) return wrong('body', 'an object or null');
  const { text, base64, bytes, sha256 = null } = body;
  if (typeof text === 'string') return { text };
  if (typeof base64 === 'string') return BASE64.test(base64) ? { base64 } : wrong('body.base64', 'base64');
  if (!isCount(bytes)) return wrong('body', 'text, base64, or bytes with sha256');
  if (sha256 === null) return { bytes, sha256 };
  return typeof sha256 === 'string' && DIGEST.test(sha256)
    ? { bytes, sha256 }
    : wrong('body.sha256', '64 hexadecimal digits in lower case');
}

/** Nothing of the line is quoted: it may hold what should not get into a log. */
function wrong(member: string, expected: string): string {
  return `${member} is not as it should be, expected ${expected}`;
}

/** `*` is the target of an OPTIONS request about the whole server (RFC 9112, section 3.2.4). */
function isTarget(path: string): boolean {
  return (path.charCodeAt(0) === 0x2f || path === '*') && !TARGET_END.test(path);
}

function isMembers(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isQuantity(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value <= Number.MAX_SAFE_INTEGER;
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isTextOrNull(value: unknown): value is string | null {
  return value === null || typeof value === 'string';
}

function textOrNull(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}
