import type { Readable } from 'node:stream';
import type { Purge } from '../../decision/policies/cache/purge.ts';
import type { RouteLatencies } from '../../telemetry/latencies.ts';
import type { Trials } from '../canary/trials.ts';
import type { Drift } from '../drift.ts';
import type { History } from '../history/history.ts';
import type { LeverBoard } from '../levers/lever-board.ts';
import type { Publication } from '../publication.ts';
import type { RecordingRequest } from '../recordings/recording-request.ts';
import type { Status } from './status.ts';

/**
 * Everything the admin server shows and does. The supervisor implements it. What shows something reads what the supervisor itself
 * holds and may not wait for an acceptor; only what changes something may.
 */
export interface AdminSource {
  status(): Status;
  /** The metrics page, and the value of its `content-type`. */
  metrics(): Promise<{ readonly text: string; readonly contentType: string }>;
  /** How long exchanges took so far, by route, as finely as it is counted. */
  latencies(): readonly RouteLatencies[];
  /** Drops stored responses in every acceptor; resolves when all have said how many. */
  purgeCache(purge: Purge): Promise<{ readonly acceptors: number; readonly dropped: number }>;
  /** Begins to record; null: somebody records already. Destroying the stream ends the recording. */
  record(request: RecordingRequest): { readonly number: number; readonly stream: Readable } | null;
  /** Ends a recording, whole. False: it is not the one that is being taken. */
  stopRecording(number: number): boolean;
  drift(): Drift;
  readonly publication: Pick<Publication, 'reload' | 'rollback'>;
  readonly trials: Pick<Trials, 'begin' | 'latest' | 'abort' | 'promote'>;
  readonly history: Pick<History, 'entries' | 'live' | 'kept' | 'look'>;
  readonly levers: Pick<LeverBoard, 'pulled' | 'pull' | 'release'>;
}
