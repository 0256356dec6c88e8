/** The Cache-Status header (RFC 9211). */

/** Why a request went on to the origin (section 2.2). */
export type ForwardReason = 'uri-miss' | 'vary-miss' | 'stale' | 'request' | 'bypass' | 'method';

export interface CacheStatus {
  /** Null: it did not go to the origin. */
  readonly forward: ForwardReason | null;
  /** Status of the origin's answer where the client is sent another; null: the same, or none. */
  readonly forwardStatus?: number | null;
  /** Milliseconds that the response is still fresh, below 0 when it is stale; null: not stored. */
  readonly ttlMs?: number | null;
  readonly stored?: boolean;
  /** It waited for the answer to another request. */
  readonly collapsed?: boolean;
}

/** This cache's member of the list. */
export function renderCacheStatus({ forward, forwardStatus, ttlMs, stored, collapsed }: CacheStatus): string {
  let text = forward === null ? 'penstock; hit' : `penstock; fwd=${forward}`;
  if (forwardStatus != null) text += `; fwd-status=${forwardStatus}`;
  if (ttlMs != null) text += `; ttl=${Math.floor(ttlMs / 1000)}`;
  if (stored === true) text += '; stored';
  if (collapsed === true) text += '; collapsed';
  return text;
}
