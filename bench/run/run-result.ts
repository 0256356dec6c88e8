/** What the bench measured: the shape of `results.json`, from which every page, table and judgement is made. */
import type { EncodedHistogram, LoadResult, Pace } from '../load/workload.ts';
import type { Machine } from '../machine.ts';

export interface BenchResult {
  readonly format: 1;
  /** ISO 8601. */
  readonly date: string;
  /** As in the folder's name. */
  readonly name: string;
  /** One sentence: what it is about. */
  readonly purpose: string;
  readonly machine: Machine;
  readonly config: { readonly file: string /** sha256 of its text, hex. */; readonly digest: string };
  readonly recording: { readonly file: string; readonly digest: string } | null;
  /** What was compared, in the order in which it is shown; one, called `penstock`, when nothing was. */
  readonly contenders: readonly ContenderResult[];
  readonly judgement: Judgement;
  /** What else there is to know of it, a sentence each. */
  readonly notes: readonly string[];
  /** Null without `--profile`. */
  readonly profile: ProfileResult | null;
}

export interface ContenderResult {
  readonly name: string;
  /** What it is: a commit, a version. */
  readonly version: string;
  readonly runs: readonly RunResult[];
}

/** One contender under one load, once. */
export interface RunResult {
  readonly round: number;
  readonly pace: Pace;
  readonly connections: number;
  readonly load: LoadResult;
  readonly gateway: GatewayUse;
}

/** What the gateway used while it was measured, and what it says of itself. */
export interface GatewayUse {
  /** User and system, of all its processes. */
  readonly cpuMs: number;
  readonly cpuMicrosPerRequest: number;
  /** Resident memory of all its processes at the end. */
  readonly residentBytes: number;
  /** CPU time of others on its cores while it was measured, as a share of these cores: noise. */
  readonly disturbance: number;
  /** Time in the gateway's own hands by route, microseconds, from its own counters; null for another gateway. */
  readonly overhead: Readonly<Record<string, EncodedHistogram>> | null;
}

/** One line of the budget table. */
export interface Verdict {
  /** Route, or `-` where the budget is of the whole. */
  readonly route: string;
  /** `overhead` is the gateway's own time, `latency` what a client waits, `ratio` a contender over its baseline. */
  readonly of: 'latency' | 'overhead' | 'errors' | 'ratio';
  /** `p99`, or `share` for errors, or what a ratio is of. */
  readonly figure: string;
  /** Microseconds, a share of 1, or a ratio. */
  readonly budget: number;
  /** In each run that counts. */
  readonly measured: readonly number[];
  /** What they rest on, all runs together. */
  readonly samples: number;
  readonly outcome: 'kept' | 'broken' | 'not-judged';
  /** Where the budget stands, file:line:column; null: a default. */
  readonly place: string | null;
  /** Why it was not judged. */
  readonly reason?: string;
}

export interface Judgement {
  /** Not judged: the generator was starved, again and again, or too little was measured. */
  readonly outcome: 'kept' | 'broken' | 'not-judged' | 'no-budgets';
  readonly verdicts: readonly Verdict[];
}

export interface ProfileResult {
  /** Beside results.json; Chrome's format. */
  readonly file: string;
  /** Shares of the time that was not idle; they add up to 1. */
  readonly stages: readonly { readonly stage: string; readonly share: number }[];
}
