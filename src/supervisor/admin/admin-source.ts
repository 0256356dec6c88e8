import type { Purge } from '../../decision/policies/cache/purge.ts';
import type { RouteLatencies } from '../../telemetry/latencies.ts';
import type { Status } from './status.ts';

/** Everything the admin server shows. The supervisor implements it; no call but `purgeCache` may touch an acceptor. */
export interface AdminSource {
  status(): Status;
  /** How long exchanges took so far, by route, as finely as it is counted. */
  latencies(): readonly RouteLatencies[];
  /** Drops stored responses in every acceptor; resolves when all have said how many. */
  purgeCache(purge: Purge): Promise<{ readonly acceptors: number; readonly dropped: number }>;
  /** The metrics page, and the value of its `content-type`. */
  metrics(): Promise<{ readonly text: string; readonly contentType: string }>;
}
