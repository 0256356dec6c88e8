import type { HeaderSource } from '../../header-changes.ts';
import { splitList } from './cache-control.ts';
import { parseHttpDate } from './http-date.ts';

/**
 * Whether a client that asks conditionally has what is stored already (RFC 9111, section 4.3.2; RFC 9110, section 13.2.2).
 *
 * @param request as the client sent it
 */
export function isNotModified(request: HeaderSource, stored: HeaderSource, nowMs: number): boolean {
  const noneMatch = request.header('if-none-match');
  if (noneMatch !== null) return matchesWeakly(noneMatch, stored.header('etag'));
  const since = parseHttpDate(request.header('if-modified-since'), nowMs);
  if (since === null) return false;
  const changed = parseHttpDate(stored.header('last-modified') ?? stored.header('date'), nowMs);
  return changed !== null && changed <= since;
}

function matchesWeakly(list: string, etag: string | null): boolean {
  if (list.trim() === '*') return true;
  if (etag === null) return false;
  const wanted = opaque(etag);
  return splitList(list).some((member) => opaque(member.trim()) === wanted);
}

function opaque(etag: string): string {
  return etag.startsWith('W/') ? etag.slice(2) : etag;
}

export function isStrong(etag: string | null): etag is string {
  return etag?.startsWith('"') ?? false;
}

/** Headers of a stored response that a 304 carries (RFC 9110, section 15.4.5). */
const IN_NOT_MODIFIED: ReadonlySet<string> = new Set([
  'cache-control',
  'content-location',
  'etag',
  'expires',
  'last-modified',
  'vary',
]);

/** Those lines of a stored response that belong to the content alone are left out. @param headers names and values alternate */
export function notModifiedHeaders(headers: readonly string[]): string[] {
  return headers.filter((_, at) => !isContentHeader(headers[at - (at % 2)]!));
}

function isContentHeader(name: string): boolean {
  return name.startsWith('content-') && !IN_NOT_MODIFIED.has(name);
}
