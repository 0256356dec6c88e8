import type { RecordedExchange } from '../../recording/recorded-exchange.ts';
import type { RecordedHead } from './recorded-head.ts';

/** A recorded request ready to be decided about by several configs. */
export interface Replayable {
  readonly exchange: RecordedExchange;
  readonly head: RecordedHead;
  /** Null: not in the recording. */
  readonly body: Buffer | null;
  /** From 0 up to, not including, 1. */
  readonly chance: number;
  readonly lacksCredential: boolean;
}

/** Why a policy could not be asked in earnest: what it goes by is not in a recording. */
export type UnknownFact = 'claims' | 'token' | 'address' | 'body' | 'credential' | 'module';

/** A policy that could not be asked in earnest. */
export interface UnknownPlace {
  readonly fact: UnknownFact;
  readonly policy: string;
  readonly source: string;
}

/**
 * The request that one config is being asked about, and what of the recording its policies had to be told or could not be. One
 * object for all requests of a replay.
 */
export class ReplayedRequest {
  exchange: RecordedExchange | null = null;
  /** From 0 up to, not including, 1: the same for both configs, another for each request. */
  chance = 0;
  /** A policy took the recorded consumer's word for who asks. */
  stoodIn = false;
  /** The recording names a consumer, and has no pseudonym anywhere in the request: credentials were not recorded. */
  lacksCredential = false;
  /** The body is not in the recording, only its length. */
  lacksBody = false;
  /** What was met that cannot be decided: texts that are equal where the same policy with the same options met the same. */
  readonly unknowns: string[] = [];
  /** The places of those policies. */
  readonly unknownAt: UnknownPlace[] = [];

  begin({ exchange, chance, body, lacksCredential }: Replayable): void {
    this.exchange = exchange;
    this.chance = chance;
    this.lacksBody = body === null;
    this.lacksCredential = lacksCredential;
    this.stoodIn = false;
    if (this.unknowns.length === 0) return;
    this.unknowns.length = 0;
    this.unknownAt.length = 0;
  }

  meet(fact: UnknownFact, policy: string, source: string, options: string): void {
    this.unknowns.push(`${fact} ${policy} ${options}`);
    this.unknownAt.push({ fact, policy, source });
  }
}

/** A number that looks like chance and is the same in every replay of the recording (the finaliser of MurmurHash3). */
export function chanceOf(number: number): number {
  let hash = number | 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 0x1_0000_0000;
}
