/** Reads the recordings in `test/fixtures/traffic` (their README says what each field is). */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { filler } from './byte-source.ts';
import { repositoryRoot } from './repository-root.ts';

export interface RecordedCall {
  /** Unique within the recording; a replay sends it along to find the answer that belongs to the request. */
  readonly id: string;
  readonly method: string;
  readonly host: string;
  /** Path and query, byte for byte. */
  readonly target: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string;
  readonly status: number;
  readonly responseHeaders: readonly (readonly [name: string, value: string])[];
  readonly responseBytes: number;
  /** Kept where it has at most 2 KiB; use `responseBodyOf`. */
  readonly responseBody?: string;
}

export interface LoggedRequest {
  /** Seconds since the epoch. */
  readonly at: number;
  readonly client: string;
  readonly method: string;
  readonly target: string;
  readonly status: number;
  readonly bytes: number;
  readonly referer?: string;
  readonly agent?: string;
}

function readRecording(name: string): readonly unknown[] {
  const packed = readFileSync(join(repositoryRoot, 'test/fixtures/traffic', `${name}.ndjson.gz`));
  return gunzipSync(packed)
    .toString('utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as unknown);
}

/** Distinct calls of the GitHub REST API with what was answered. */
export function githubCalls(): readonly RecordedCall[] {
  return readRecording('github-requests') as readonly RecordedCall[];
}

/** Requests to a public web site, in the order they came, unusual ones included. */
export function loggedRequests(site: 'wordpress' | 'apache'): readonly LoggedRequest[] {
  return readRecording(`${site}-requests`) as readonly LoggedRequest[];
}

/** The recorded response body, or where it was not kept, as many bytes made from the call's id. */
export function responseBodyOf(call: RecordedCall): Buffer {
  return call.responseBody === undefined ? filler(call.id, call.responseBytes) : Buffer.from(call.responseBody);
}
