/** What the formats have in common: request lines, targets, and what of them is no request that could be sent again. */
import type { RecordedExchange } from '../recorded-exchange.ts';
import { type Rejection, rejected } from './log-format.ts';

/** RFC 9110, section 9.1: a token; real ones are in capitals. */
const METHOD = /^[A-Z][A-Z0-9_-]{0,31}$/;
const REQUEST_LINE = /^(\S+) (.*) HTTP\/[0-9](?:\.[0-9])?$/s;
const ABSOLUTE = /^([a-z][a-z0-9+.-]*):\/\/([^/?#]*)(.*)$/is;
/** RFC 9112, section 3.2: a target ends at the first blank, and holds no control character. */
const UNSENDABLE = /[\0-\x20\x7f]/;
/** RFC 9110, section 5.6.2. */
const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const KEPT_APART: ReadonlySet<string> = new Set([
  'host',
  'connection',
  'content-length',
  'keep-alive',
  'transfer-encoding',
]);
const HOST = /^(?:\[[0-9a-f:.]+\]|[\w.-]+)(?::\d{1,5})?$/i;

export const REASONS = {
  noRequest: 'no HTTP request in it',
  method: 'no HTTP method',
  tunnel: 'CONNECT asks for a tunnel, not for a path',
  target: 'the target is no path',
  unsendable: 'the target holds a blank or a control character',
  scheme: 'the URL does not begin with http:// or https://',
  host: 'the host of the URL is none',
  status: 'no status',
  time: 'no time that can be read',
  line: 'not of this format',
} as const;

const LATEST_MS = Date.UTC(10_000, 0);

type HeaderList = RecordedExchange['headers'];

interface Target {
  readonly scheme: 'http' | 'https' | null;
  readonly host: string | null;
  /** Origin form. */
  readonly path: string;
}

export interface RequestLine extends Target {
  readonly method: string;
}

/** Reads `GET /path HTTP/1.1`. Servers log `-`, or bytes of a TLS handshake, where no such thing came. */
export function parseRequestLine(text: string): RequestLine | Rejection {
  const parts = REQUEST_LINE.exec(text);
  return parts === null ? rejected(REASONS.noRequest) : requestOf(parts[1]!, parts[2]!);
}

/** Method and target from fields of their own. */
export function requestOf(method: string, rawTarget: string): RequestLine | Rejection {
  if (!METHOD.test(method)) return rejected(REASONS.method);
  if (method === 'CONNECT') return rejected(REASONS.tunnel);
  // RFC 9112, section 3.2.4: about the server as a whole.
  if (method === 'OPTIONS' && rawTarget === '*') return { method, scheme: null, host: null, path: '*' };
  const target = parseTarget(rawTarget);
  return 'rejected' in target ? target : { method, ...target };
}

/** Method and absolute URL: the log says where every request went. */
export function requestOfUrl(method: string, url: string): RequestLine | Rejection {
  return /^https?:\/\//i.test(url) ? requestOf(method, encodeNonAscii(url)) : rejected(REASONS.scheme);
}

const encodeNonAscii = (url: string): string =>
  url.replace(/[^\0-\x7f]+/g, (run) => Buffer.from(run).toString('hex').toUpperCase().replace(/../g, '%$&'));

/** Origin form (`/path?query`), or absolute form (`http://host/path?query`): RFC 9112, section 3.2. */
function parseTarget(text: string): Target | Rejection {
  if (UNSENDABLE.test(text)) return rejected(REASONS.unsendable);
  if (text.startsWith('/')) return { scheme: null, host: null, path: text };
  const parts = ABSOLUTE.exec(text);
  return parts === null ? rejected(REASONS.target) : absolute(parts[1]!.toLowerCase(), parts[2]!, parts[3]!);
}

function absolute(scheme: string, authority: string, rest: string): Target | Rejection {
  if (scheme !== 'http' && scheme !== 'https') return rejected(REASONS.scheme);
  // What stands before an @ is a name and a password: it is no part of the Host header.
  const host = authority.slice(authority.lastIndexOf('@') + 1);
  if (!isHost(host)) return rejected(REASONS.host);
  return { scheme, host, path: rest.startsWith('/') ? rest : `/${rest}` };
}

/** Whether a Host header could have this value. */
export const isHost = (text: string): boolean => HOST.test(text);

/** Three digits; `-` and 000 where none was sent. Null for anything else. */
export function parseStatus(text: string): number | null {
  if (text === '-' || text === '000') return 0;
  return /^[1-9]\d\d$/.test(text) ? Number(text) : null;
}

/** A count of bytes, or null for `-` and whatever else is no number. */
export const parseBytes = (text: string | undefined): number | null =>
  text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : null;

/** Null for what is no time, or one that no server has: before 1970, or after 9999. */
export const timeOrNull = (ms: number): number | null => (ms >= 0 && ms < LATEST_MS ? ms : null);

/**
 * When a request came that was logged at its end.
 *
 * @param loggedMs end, in milliseconds since the epoch; of whole seconds, their middle is nearest to what it was
 */
export function arrivalOf(loggedMs: number, isWholeSecond: boolean, tookMs: number | null): number {
  if (tookMs === null) return loggedMs;
  return loggedMs + (isWholeSecond ? 500 : 0) - tookMs;
}

/** Header fields that a log has columns for, where there is something in them: `-` and the empty text are nothing. */
export function headersFrom(fields: readonly (readonly [name: string, value: string | undefined])[]): HeaderList {
  return sendableHeaders(
    fields.filter((field): field is readonly [string, string] => !['', '-', undefined].includes(field[1])),
  );
}

/**
 * Those that a message can hold (RFC 9110, section 5): the rest is what the log made of them, or pseudo headers of HTTP/2. Left out
 * are Host, which a recording keeps apart, and what belongs to the connection: whoever sends the request frames it anew.
 */
export function sendableHeaders(headers: HeaderList): HeaderList {
  const sendable = headers.filter(
    ([name, value]) =>
      HEADER_NAME.test(name) && !KEPT_APART.has(name.toLowerCase()) && !/[\0-\x08\x0a-\x1f\x7f]/.test(value),
  );
  return sendable.map(([name, value]) => [name, asOctets(value)]);
}

/** Text of JSON with a character for each octet of its UTF-8, unless it has them already. */
const asOctets = (text: string): string => (/[^\0-\xff]/.test(text) ? Buffer.from(text).toString('latin1') : text);
