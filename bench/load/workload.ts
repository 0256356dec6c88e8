/**
 * What a generator sends: requests rendered beforehand, so that nothing but sending and measuring is left to do while it counts.
 * NDJSON in a file, one request a line, in the order of `at`; streamed, and begun anew when it ends before the run does.
 */
export interface WorkloadLine {
  /** When the request is due, in milliseconds since the workload began. Not looked at when the pace is a rate of its own. */
  readonly at: number;
  /**
   * What its figures are counted under: the name of the route it takes, by the gateway's own table; `-` for none. Labels beyond
   * the first 500 share the figures of OTHERS.
   */
  readonly label: string;
  /** Request line and headers up to the empty line, the framing of the body included. One octet a character (latin1). */
  readonly head: string;
  /** The body, base64; null: none, or filler. */
  readonly body: string | null;
  /** Octets of filler that stand for a body nobody kept; 0 with `body`. */
  readonly fillerBytes: number;
  /** No body follows the answer's head, whatever it says: the request is a HEAD. */
  readonly bodyless: boolean;
  /** Status that is no surprise, because it was recorded or is what the scenario is about; 0: any below 500. */
  readonly expect: number;
}

/** What is beyond the bounds of a table is counted together under this. */
export const OTHERS = '(others)';

/**
 * More than one generator process sends on any machine. Those that are due and wait are all in its memory: at a rate without
 * bounds it would take what the machine has.
 */
export const MOST_PER_SECOND = 100_000;

/** When requests leave. */
export type Pace =
  /** Evenly, at this rate, whatever the answers do (an open loop). */
  | { readonly kind: 'rate'; readonly perSecond: number }
  /** As recorded, `speed` times as fast. An open loop too. */
  | { readonly kind: 'recorded'; readonly speed: number }
  /** Each connection's next request when its answer is there: for capacity, never for latency. */
  | { readonly kind: 'closed' };

/** One run of a generator process: sent to it in one IPC message; it answers with LoadProgress messages and one LoadResult. */
export interface LoadPlan {
  readonly workload: string;
  readonly host: string;
  readonly port: number;
  /** TLS to the gateway; its certificate is not checked. */
  readonly tls: boolean;
  readonly pace: Pace;
  /** Most connections open at one time. A request that finds none waits in line, and its clock runs. */
  readonly connections: number;
  /** A connection is closed after as many requests: 1 is connection churn. Null: kept. */
  readonly requestsPerConnection: number | null;
  /** Octets a second at which an answer is read; null: as fast as it comes. */
  readonly readBytesPerSecond: number | null;
  /** Sent, answered, and not counted. */
  readonly warmUpMs: number;
  readonly measureMs: number;
  /** From the moment a request was due: later answers count as `timeout`. Looked at every 10 ms. */
  readonly timeoutMs: number;
}

/** Twice a second while it runs. */
export interface LoadProgress {
  readonly kind: 'progress';
  readonly phase: 'warm-up' | 'measuring';
  readonly elapsedMs: number;
  readonly sent: number;
  readonly answered: number;
  readonly failed: number;
}

/** Between the two, requests come due that are counted: when to read what the gateway has used. */
export interface LoadMark {
  readonly kind: 'measuring' | 'measured';
}

/** What a generator process sends, the result last. */
export type GeneratorMessage = LoadProgress | LoadMark | LoadResult;

/**
 * Why a request has no answer: no connection could be made; it was reset; it ended, in order, before the answer did; the answer
 * took too long; it was no HTTP/1.1, or longer than it said.
 */
export type FailureKind = 'refused' | 'reset' | 'closed' | 'timeout' | 'malformed';

/** What was counted under one label, or in all. Requests that were due while it warmed up are in none of it. */
export interface LoadCounts {
  readonly sent: number;
  /** sent = answered + failed. */
  readonly answered: number;
  readonly failed: number;
  /** Failed, or answered with a status that was not expected. */
  readonly errors: number;
  readonly byStatus: Readonly<Record<string, number>>;
  readonly byFailure: Readonly<Partial<Record<FailureKind, number>>>;
  /** Answers with a `penstock-error` header, by its code. */
  readonly byErrorCode: Readonly<Record<string, number>>;
  readonly responseBytes: number;
  /** Microseconds from due to the last octet of the answer, of all answers; failed ones count with the time until they failed. */
  readonly latency: EncodedHistogram;
}

/** An HDR histogram of microseconds, V2 compressed and base64, as every HdrHistogram library reads it. */
export type EncodedHistogram = string;

/** What became of the requests that were due in one second. */
export interface LoadSecond {
  /** Since measuring began. */
  readonly second: number;
  readonly sent: number;
  readonly answered: number;
  readonly failed: number;
  /** Microseconds, of what was due in this second, answered or not; null where nothing was. */
  readonly p50: number | null;
  readonly p99: number | null;
  readonly max: number | null;
}

export interface LoadResult {
  readonly kind: 'result';
  readonly measuredMs: number;
  readonly total: LoadCounts;
  readonly byLabel: Readonly<Record<string, LoadCounts>>;
  readonly timeline: readonly LoadSecond[];
  /** Whether the generator itself did what it was to do. */
  readonly generator: {
    /** Requests that came due while measuring. */
    readonly due: number;
    /** How late requests left although a connection was free, microseconds: that is the generator's own doing. */
    readonly lateP99: number;
    readonly lateMax: number;
    /** CPU time of the generator's process while measuring. */
    readonly cpuMs: number;
    /** Null: it kept its pace. Otherwise why this run does not count, in one sentence. */
    readonly starved: string | null;
  };
}
