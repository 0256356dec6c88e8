import type { ChangeGroup } from './change-groups.ts';
import type { Cause } from './compare.ts';
import type { BackTest } from './limit-watch.ts';
import type { UnknownFact } from './replayed-request.ts';
import type { RuleResult } from './rules/rule-checks.ts';
import type { Suggestion } from './suggest.ts';

/** What a replay found out: the document that `--json` prints. */
export interface ReplayReport {
  readonly recording: ReplayedRecording;
  readonly config: string;
  /** Null: compared with what happened. */
  readonly against: string | null;
  /** Requests that fare otherwise; those that cannot be decided are not among them. */
  readonly changed: number;
  /** Of all requests, 0 to 1. */
  readonly share: number;
  readonly counts: Readonly<Record<Cause, number>>;
  readonly groups: readonly ChangeGroup[];
  /** Changes of kinds beyond the most that are told apart: counted, and in no group. */
  readonly ungrouped: number;
  readonly undecidable: Undecidable;
  /** Requests whose credential is a pseudonym and that count as the recorded consumer's. */
  readonly stoodIn: number;
  readonly limits: readonly BackTest[];
  /** Null: not asked for. */
  readonly suggestions: readonly Suggestion[] | null;
  readonly rules: readonly RuleResult[];
  /** What a reader should know before believing the rest, in words. */
  readonly warnings: readonly string[];
  readonly assumptions: readonly string[];
}

export interface ReplayedRecording {
  readonly path: string;
  readonly source: string | null;
  /** ISO 8601; null: not known. */
  readonly began: string | null;
  readonly requests: number;
  /** From the first to the last request. */
  readonly durationMs: number;
  readonly badLines: number;
  readonly firstBadLines: readonly { readonly line: number; readonly reason: string }[];
  /** Exchanges that whoever recorded could not write; null: not known. */
  readonly dropped: number | null;
}

/** Requests that met policies that go by what is not in a recording. */
export interface Undecidable {
  readonly count: number;
  /** Requests that met such policies and fare the same whatever these say, because both configs ask the same. */
  readonly alike: number;
  readonly reasons: readonly {
    readonly fact: UnknownFact;
    readonly policy: string;
    readonly source: string;
    readonly count: number;
  }[];
}
