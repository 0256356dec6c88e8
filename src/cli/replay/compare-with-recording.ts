/**
 * What changes from what happened to what a config decides. A recording knows less than a config: what it does not say is taken to
 * be as the config has it.
 */
import type { RecordedExchange } from '../../recording/recorded-exchange.ts';
import type { Difference } from './compare.ts';
import type { Decided } from './decided.ts';

/** Statuses with which a gateway's own policies refuse. */
const REFUSALS: ReadonlySet<number> = new Set([401, 403, 429]);
const UNROUTED: ReadonlySet<number> = new Set([404, 405]);

/** What happened, in the terms of a decision. */
export type Happened = Pick<Decided, 'kind' | 'route' | 'status' | 'consumer'>;

/** @param knowsRoutes the recording names routes: who has none was refused before one was found */
export function happenedTo(exchange: RecordedExchange, knowsRoutes: boolean): Happened {
  const { route, status, upstreamMs, consumer } = exchange;
  const isOwn = upstreamMs === null && knowsRoutes;
  if (isOwn && route === null && UNROUTED.has(status)) return { kind: 'none', route, status, consumer };
  if (isOwn && REFUSALS.has(status)) return { kind: 'refuse', route, status, consumer };
  return { kind: 'forward', route, status, consumer };
}

/** @returns null when the config decides as it went */
export function differenceFromRecording(happened: Happened, after: Decided): Difference | null {
  const { kind, status, route } = happened;
  if (after.kind !== 'forward' && after.status === status) return null;
  if (after.kind === 'none') return { cause: kind === 'none' ? 'refusal' : 'unrouted', parts: [] };
  if (after.kind === 'refuse') return { cause: kind === 'forward' ? 'refused' : 'refusal', parts: [] };
  if (kind === 'none') return { cause: 'routed', parts: [] };
  if (kind === 'refuse') return { cause: 'admitted', parts: [] };
  if (after.kind === 'answer') return { cause: 'answer', parts: [] };
  if (route !== null && route !== after.route) return { cause: 'route', parts: [] };
  const isOther = happened.consumer !== null && happened.consumer !== after.consumer;
  return isOther ? { cause: 'consumer', parts: [] } : null;
}
