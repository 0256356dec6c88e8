import type { MonotonicMs } from '../brand.ts';
import type { OffloadTask } from '../decision/policies/effect.ts';
import type { AccessLog } from '../telemetry/access-log.ts';
import type { ExchangeRecord } from '../telemetry/exchange-record.ts';
import type { Deadlines } from './deadlines.ts';
import type { Exchange } from './pipeline.ts';
import type { Recorder } from './recording/recorder.ts';
import type { RequestIds } from './request-ids.ts';
import type { Snapshot } from './snapshot.ts';
import type { Tracing } from './tracing/tracing.ts';

/** Threads for work that would hold up the loop. */
export interface Offload {
  /** Rejects when the task cannot be carried out at all. */
  run(task: OffloadTask, input: unknown): Promise<unknown>;
}

/** What an exchange needs of the acceptor it runs in. */
export interface AcceptorContext {
  /** The newest snapshot this acceptor has taken over; an exchange keeps the one it began with. */
  readonly snapshot: Snapshot;
  readonly exchanges: Deadlines;
  readonly requestIds: RequestIds;
  readonly metrics: { record(exchange: ExchangeRecord): void };
  /** Null: no access log. */
  readonly accessLog: AccessLog | null;
  /** Null: tracing is off. */
  readonly tracing: Tracing | null;
  /** Null: nobody records. */
  readonly recorder: Recorder | null;
  readonly viaPseudonym: string;
  /** True once the acceptor is on its way out: every response then closes its connection. */
  readonly isDraining: boolean;
  readonly offload: Offload;
  /** Makes a request once more, without its client; see `Decision.refresh`. */
  refresh(exchange: Exchange): void;
  now(): MonotonicMs;
  /** From 0 up to, not including, 1. */
  random(): number;
}
