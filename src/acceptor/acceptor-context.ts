import type { MonotonicMs } from '../brand.ts';
import type { AccessLog } from '../telemetry/access-log.ts';
import type { ExchangeRecord } from '../telemetry/exchange-record.ts';
import type { Deadlines } from './deadlines.ts';
import type { RequestIds } from './request-ids.ts';
import type { Snapshot } from './snapshot.ts';

/** What an exchange needs of the acceptor it runs in. */
export interface AcceptorContext {
  /** The newest snapshot this acceptor has taken over; an exchange keeps the one it began with. */
  readonly snapshot: Snapshot;
  readonly exchanges: Deadlines;
  readonly requestIds: RequestIds;
  readonly metrics: { record(exchange: ExchangeRecord): void };
  /** Null: no access log. */
  readonly accessLog: AccessLog | null;
  readonly viaPseudonym: string;
  /** True once the acceptor is on its way out: every response then closes its connection. */
  readonly isDraining: boolean;
  now(): MonotonicMs;
}
