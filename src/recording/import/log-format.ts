/**
 * A log format: the one interface that every importer fills. Registered in formats.ts.
 *
 *   bytes of a file --read()--> LogRecord, LogRecord, ...   one for every line (HAR: entry) that stands for a request
 *
 * A record is a request, or is rejected with a reason. Nothing else can become of one, so that what was read is what was imported and
 * what was rejected. Reasons are fixed sentences that quote nothing of the line: they are counted, and printed.
 */
import type { RecordedExchange } from '../recorded-exchange.ts';

/**
 * A request as the log tells it; path and header values with a character for each octet, as they go over the wire. Nothing is concealed yet: what leaves the importer goes through conceal.ts first.
 */
export interface LoggedRequest extends Omit<RecordedExchange, 'at' | 'host' | 'consumer' | 'route'> {
  /** When the request came, in milliseconds since the epoch; as near as the log knows. */
  readonly arrivedMs: number;
  /** Whether the log keeps whole seconds only, so that `arrivedMs` says no more than the second. */
  readonly isWholeSecond: boolean;
  /** Null: the log does not say. */
  readonly host: string | null;
  /** Address of the client, or whatever the log has in its place. */
  readonly client: string | null;
}

/** Why a record is not imported. */
export interface Rejection {
  readonly rejected: string;
}

export interface LogRecord {
  /** Number of the line or entry in its file, from 1. */
  readonly place: number;
  /** What is rejected, as it stands in the file; what is too long is cut. Empty for what is imported. */
  readonly text: string;
  /** Bytes that it takes in the file: how much memory holding it may cost. */
  readonly bytes: number;
  readonly outcome: LoggedRequest | Rejection;
}

/** Anything that is read from a file but stands for no request: a directive, an empty line. */
export type PassedOver = null;

export interface LogFormat {
  /** What `--format` calls it. */
  readonly name: string;
  /** For `--help`: what writes such logs. */
  readonly summary: string;
  /** What `place` counts. */
  readonly unit: 'line' | 'entry';
  /**
   * How much the beginning of a file looks like this format: its records that can be read, 0 for none.
   * @param sample the first lines of the file, a character for each octet; the last one may be cut
   */
  readonly recognise: (sample: readonly string[]) => number;
  /** Reads one file. Never throws for anything that the file holds. */
  readonly read: (input: AsyncIterable<Uint8Array>) => AsyncIterable<LogRecord | PassedOver>;
}

export const rejected = (reason: string): Rejection => ({ rejected: reason });

export const isRejection = (outcome: LoggedRequest | Rejection): outcome is Rejection => 'rejected' in outcome;
