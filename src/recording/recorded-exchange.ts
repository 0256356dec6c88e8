/**
 * A recording: real traffic, kept to be replayed. Newline-delimited JSON (NDJSON), compressed with gzip or not.
 *
 *   line 1       what the recording is (RecordingHead)
 *   line 2 ..    one exchange each (RecordedExchange), in the order in which the requests arrived
 *   last line    how the recording ended (RecordingEnd); left out by what does not count, missing where it was cut short
 *
 * Members that are null may be left out of a line; members that are not known here, and empty lines, are passed over. Nothing reads a recording
 * whole: readers and writers of this folder stream it. docs/recordings.md is this format for people.
 */

/** The first line. Tells a recording from any other NDJSON, and says where it is from. */
export interface RecordingHead {
  readonly recording: 1;
  /** When offset 0 was, ISO 8601; null: not known, or of no meaning. */
  readonly began: string | null;
  /** Where it is from, in words: a gateway's name, a log's. */
  readonly source: string | null;
  /** Under which licence it may be passed on. */
  readonly licence: string | null;
}

/** The last line: what the recording holds, and what it does not. */
export interface RecordingEnd {
  readonly end: {
    /** Exchanges in the lines before. */
    readonly exchanges: number;
    /** Exchanges that were to be recorded and could not be: too many at once, or their process died. */
    readonly dropped: number;
  };
}

export interface RecordedExchange {
  /** When the request head had arrived, in milliseconds since the beginning of the recording. Never less than in the line before. */
  readonly at: number;
  /** Null: http. */
  readonly scheme: 'http' | 'https' | null;
  readonly method: string;
  /** Value of the Host header. */
  readonly host: string;
  /** Request target in origin form as it was sent: path, and query with its `?`. */
  readonly path: string;
  /** As sent, Host left out; a name may stand more than once. Secrets are pseudonyms: see pseudonyms.ts. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** Null: there was none. */
  readonly body: RecordedBody | null;
  /** Pseudonym of the client's address, itself an address (10.0.0.0/8, or fd00::/8 for IPv6); null: not known. */
  readonly client: string | null;
  /** Name of the consumer that the gateway found; null: none, or not known. */
  readonly consumer: string | null;
  /** Name of the route taken; null: none, or not known. */
  readonly route: string | null;
  /** Status the client was sent; 0: none was. */
  readonly status: number;
  /** Body bytes sent to the client; null: not known. */
  readonly responseBytes: number | null;
  /** Time the gateway waited for its upstream, in milliseconds; null: not known, or no upstream was asked. */
  readonly upstreamMs: number | null;
}

/** A request body: itself, or only how much it was. `bytes` is its length in octets, `sha256` its digest in lower-case hex. */
export type RecordedBody =
  | { readonly text: string }
  | { readonly base64: string }
  | { readonly bytes: number; readonly sha256: string | null };
