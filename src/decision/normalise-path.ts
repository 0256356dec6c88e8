import type { PathRules } from '../config/compiled.ts';

const SLASH = 0x2f;
const DOT = 0x2e;
const PERCENT = 0x25;

/** What a character of a raw path asks for. */
const REFUSE = 0;
const PLAIN = 1;
/** Not allowed in a URI (RFC 3986, 2) but sent by some clients: written as its escape, so that both spellings are one path. */
const ESCAPE = 2;

const CLASS = new Uint8Array(128).fill(PLAIN, 0x21, 0x7f);
for (const character of '\\#?') CLASS[character.charCodeAt(0)] = REFUSE;
for (const character of '"<>^`{|}') CLASS[character.charCodeAt(0)] = ESCAPE;

const isUnreserved = (code: number): boolean => /[A-Za-z0-9._~-]/.test(String.fromCharCode(code));
const UNRESERVED = Uint8Array.from({ length: 256 }, (_, code) => (isUnreserved(code) ? 1 : 0));

/**
 * The one spelling of a request path that is both matched against routes and forwarded; null when the path is refused
 * (`path_invalid`). A path that is already in that form comes back as the same string, without allocation.
 *
 * - `%41` becomes `A` for unreserved characters (RFC 3986, 6.2.2.2); all other escapes stay, in upper case (6.2.2.1).
 * - Dot segments are resolved (5.2.4), also when a dot is written `%2E`. A path that climbs above its root is refused rather
 *   than clamped: no honest client sends one, and upstreams do not agree on what it means.
 * - `"<>^{|}` and the backtick become escapes. Control bytes, DEL, a raw backslash, `#`, `?` and everything beyond ASCII are refused (uWS hands
 *   bytes that are not UTF-8 over as U+FFFD, so what was sent is no longer known), and so are malformed escapes, `%00` and overlong UTF-8 (`%C0%AF`).
 * - `/..;x/` and `/.;x/`, where Tomcat reads a dot segment with a path parameter, are refused in every spelling.
 * - `%2F`, `%5C` and empty segments follow the listener's rules. What could become a dot segment further on is refused: `..%2F` under
 *   `keep`, and `//..` where empty segments are kept, since upstreams that merge slashes first climb one level higher.
 *
 * Escapes are decoded once: `%252E` stays `%252E`.
 */
export function normalisePath(raw: string, rules: PathRules): string | null {
  if (raw.length === 0 || raw.charCodeAt(0) !== SLASH) return null;
  let previous = 0;
  for (let i = 0; i < raw.length; i++) {
    const code = raw.charCodeAt(i);
    if (code > 0x7e || CLASS[code] !== PLAIN || code === PERCENT) return normaliseSlowly(raw, rules);
    if (previous === SLASH && (code === SLASH || code === DOT)) return normaliseSlowly(raw, rules);
    previous = code;
  }
  return raw;
}

function normaliseSlowly(raw: string, rules: PathRules): string | null {
  const spelled = normaliseEscapes(raw, rules.encodedSlash);
  return spelled === null ? null : resolveSegments(spelled, rules);
}

/** Brings every character into its one spelling; null when one is refused. Slashes may be more afterwards, never fewer. */
function normaliseEscapes(raw: string, encodedSlash: PathRules['encodedSlash']): string | null {
  let out = '';
  for (let i = 0; i < raw.length; i++) {
    const code = raw.charCodeAt(i);
    if (code > 0x7e || CLASS[code] === REFUSE) return null;
    if (code === PERCENT) {
      const value = escapedByte(raw, i);
      if (value <= 0 || isOverlong(value, escapedByte(raw, i + 3))) return null;
      const isSeparator = value === SLASH || value === 0x5c;
      if (isSeparator && encodedSlash === 'reject') return null;
      if (isSeparator && encodedSlash === 'decode') out += '/';
      else out += UNRESERVED[value] === 1 ? String.fromCharCode(value) : escapeOf(value);
      i += 2;
    } else {
      out += CLASS[code] === ESCAPE ? escapeOf(code) : raw[i];
    }
  }
  return out;
}

function escapeOf(code: number): string {
  return `%${code < 16 ? '0' : ''}${code.toString(16).toUpperCase()}`;
}

/** The byte that the escape at `at` stands for; -1 when there is no well-formed escape. */
function escapedByte(path: string, at: number): number {
  if (path.charCodeAt(at) !== PERCENT) return -1;
  const high = hexDigit(path.charCodeAt(at + 1));
  const low = hexDigit(path.charCodeAt(at + 2));
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}

function hexDigit(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const lower = code | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}

/** Bytes that start a longer-than-needed form of a character (RFC 3629, 3), which lenient decoders read as `.` or `/`. */
function isOverlong(lead: number, next: number): boolean {
  if (next < 0x80 || next > 0xbf) return false;
  return lead === 0xc0 || lead === 0xc1 || (lead === 0xe0 && next < 0xa0) || (lead === 0xf0 && next < 0x90);
}

/** Resolves dot segments and empty segments of a path whose characters are in their one spelling. */
function resolveSegments(path: string, rules: PathRules): string | null {
  const segments = path.split('/');
  const last = segments.length - 1;
  const kept: string[] = [];
  for (let i = 1; i <= last; i++) {
    const segment = segments[i];
    if (segment === '.' || segment === '..') {
      if (segment === '..') {
        const parent = kept.pop();
        if (parent === undefined || parent === '') return null;
      }
      if (i === last) kept.push('');
    } else if (segment === '' && i < last && rules.emptySegments !== 'keep') {
      if (rules.emptySegments === 'reject') return null;
    } else {
      if (hidesDotSegment(segment)) return null;
      kept.push(segment);
    }
  }
  return `/${kept.join('/')}`;
}

/** A dot segment as Tomcat reads it, with a path parameter, or one between separators that stay encoded. */
function hidesDotSegment(segment: string): boolean {
  return /^\.\.?(?:;|%3B)/.test(segment) || /(?:^|%2F|%5C)\.\.?(?:$|;|%3B|%2F|%5C)/.test(segment);
}
