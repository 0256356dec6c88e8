import type { Readable } from 'node:stream';
import type { Purge } from '../../decision/policies/cache/purge.ts';
import type { RecordingRequest } from '../recordings/recording-request.ts';
import type { Status } from './status.ts';

/** Everything the admin server shows. The supervisor implements it; no call but `purgeCache`, `record` and `stopRecording` may touch an acceptor. */
export interface AdminSource {
  status(): Status;
  /** Drops stored responses in every acceptor; resolves when all have said how many. */
  purgeCache(purge: Purge): Promise<{ readonly acceptors: number; readonly dropped: number }>;
  /** Begins to record; null: somebody records already. Destroying the stream ends the recording. */
  record(request: RecordingRequest): { readonly number: number; readonly stream: Readable } | null;
  /** Ends a recording, whole. False: it is not the one that is being taken. */
  stopRecording(number: number): boolean;
  /** The metrics page, and the value of its `content-type`. */
  metrics(): Promise<{ readonly text: string; readonly contentType: string }>;
}
