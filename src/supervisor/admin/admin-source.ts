import type { Status } from './status.ts';

/** Everything the admin server shows. The supervisor implements it; no call may touch an acceptor. */
export interface AdminSource {
  status(): Status;
  /** The metrics page, and the value of its `content-type`. */
  metrics(): Promise<{ readonly text: string; readonly contentType: string }>;
}
