import type { HeaderSource } from '../../header-changes.ts';
import { isStrong } from './conditional.ts';
import { parseHttpDate } from './http-date.ts';

/** Bytes from `start` to `end`, not including that one. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/**
 * The one range of bytes that a request asks a stored response for (RFC 9110, section 14.2).
 *
 * @returns null to send the whole: no range, several, one that is malformed, or an If-Range that does not hold;
 *   `unsatisfiable` when there is nothing of it
 */
export function rangeOf(
  request: HeaderSource,
  stored: HeaderSource,
  length: number,
  nowMs: number,
): ByteRange | 'unsatisfiable' | null {
  const match = /^bytes=[ \t]*(\d*)-(\d*)[ \t]*$/i.exec(request.header('range') ?? '');
  if (match === null || !holdsIfRange(request.header('if-range'), stored, nowMs)) return null;
  const [, first, last] = match as unknown as [string, string, string];
  if (first === '') return last === '' ? null : suffix(Number(last), length);
  if (last !== '' && Number(last) < Number(first)) return null;
  if (Number(first) >= length) return 'unsatisfiable';
  return { start: Number(first), end: last === '' ? length : Math.min(Number(last) + 1, length) };
}

function suffix(wanted: number, length: number): ByteRange | 'unsatisfiable' {
  if (wanted === 0 || length === 0) return 'unsatisfiable';
  return { start: Math.max(0, length - wanted), end: length };
}

/** A strong validator alone says that the bytes are the same (RFC 9110, section 13.1.5). */
function holdsIfRange(condition: string | null, stored: HeaderSource, nowMs: number): boolean {
  if (condition === null) return true;
  if (condition.startsWith('"')) return isStrong(stored.header('etag')) && condition === stored.header('etag');
  const wanted = parseHttpDate(condition, nowMs);
  const changed = parseHttpDate(stored.header('last-modified'), nowMs);
  const made = parseHttpDate(stored.header('date'), nowMs);
  // A date is strong when the response was made more than a second later (RFC 9110, section 8.8.2.2).
  return wanted !== null && wanted === changed && made !== null && made - changed >= 1000;
}
