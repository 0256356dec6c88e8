import type { OwnResponse, PolicyRequest } from '../../decision.ts';
import { isNotModified, notModifiedHeaders } from './conditional.ts';
import { rangeOf } from './range.ts';
import type { StoredResponse } from './stored-response.ts';

export interface ServeTimes {
  /** By the monotonic clock. */
  readonly now: number;
  /** Milliseconds since the epoch. */
  readonly wall: number;
}

/**
 * A stored response as this client wants it: whole, as 304 when it has it already, or the part it asks for.
 *
 * The gateway's listeners write Date when they send: Age is what tells how old a response is (RFC 9111, section 5.1).
 *
 * @param cacheStatus null: no such header
 */
export function serve(
  stored: StoredResponse,
  request: PolicyRequest,
  { now, wall }: ServeTimes,
  cacheStatus: string | null,
): OwnResponse {
  const about = ['age', String(Math.floor(stored.ageMs(now) / 1000))];
  if (cacheStatus !== null) about.push('cache-status', cacheStatus);
  if (stored.status !== 200)
    return { status: stored.status, headers: [...stored.headers, ...about], body: stored.body };
  if (isNotModified(request, stored, wall)) {
    return { status: 304, headers: [...notModifiedHeaders(stored.headers), ...about], body: null };
  }
  // A range means something for GET alone (RFC 9110, section 14.2).
  const range = request.method === 'GET' ? rangeOf(request, stored, stored.body.length, wall) : null;
  if (range === null) return { status: 200, headers: [...stored.headers, ...about], body: stored.body };
  const { length } = stored.body;
  if (range === 'unsatisfiable') {
    return { status: 416, headers: ['content-range', `bytes */${length}`, ...about], body: null };
  }
  const headers = [...stored.headers, ...about, 'content-range', `bytes ${range.start}-${range.end - 1}/${length}`];
  return { status: 206, headers, body: stored.body.subarray(range.start, range.end) };
}
