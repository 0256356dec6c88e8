import { Readable } from 'node:stream';
import type { Millis } from '../../brand.ts';
import type { RecordedBatch, RecordingOrder } from '../../ipc.ts';
import { newPseudonymKey } from '../../recording/pseudonyms.ts';
import type { RecordingEnd, RecordingHead } from '../../recording/recorded-exchange.ts';
import { LineMerge } from './line-merge.ts';
import type { RecordingRequest } from './recording-request.ts';

/** What exchanges under way at the end of a recording have to end themselves. */
const END_WITHIN = 2000 as Millis;
/** How long after that an acceptor is waited for that says nothing. */
const LAST_WORD_MS = 3000;
/** A line is held no longer than this for acceptors that say nothing; one that works says more within 10 s. */
const HOLD_MS = 15_000;
/** Bytes that its reader has not read; lines beyond are dropped. */
const UNREAD_BYTES = 4 * 1024 * 1024;
/** An empty line is sent when there was nothing else, so that a reader that is gone is noticed. */
const SILENCE_MS = 1500;

/** One acceptor, as a recording sees it. */
export interface RecordedAcceptor {
  record(order: RecordingOrder): void;
  stopRecording(recording: number, within: Millis): void;
}

export interface SessionParts {
  readonly number: number;
  readonly request: RecordingRequest;
  /** Name of the gateway. */
  readonly source: string;
  /** Called once: it is over, and another may begin. Not whole: its reader left before the end. */
  onOver(counts: RecordingEnd['end'], isWhole: boolean): void;
}

/**
 * A recording that is being taken. Its `stream` is the recording's text; whoever destroys it ends the recording.
 *
 *   recording ── time is up, stop() ──> stopping ── every acceptor's last batch, or they took too long ──> over
 *       └────────────── enough exchanges, or its reader has gone ──────────────────────────────────────────^
 */
export class RecordingSession {
  readonly number: number;
  readonly stream: Readable;
  readonly #request: RecordingRequest;
  readonly #onOver: SessionParts['onOver'];
  readonly #order: RecordingOrder;
  readonly #merge = new LineMerge<RecordedAcceptor>();
  /** Those that have not said their last word, with what they last said. */
  readonly #acceptors = new Map<RecordedAcceptor, RecordedBatch | null>();
  /** Null once it is written: when every acceptor has said that it records, so that who reads it knows. */
  #head: RecordingHead | null;
  #exchanges = 0;
  /** Dropped here, and by acceptors that have left. */
  #dropped = 0;
  #isStopping = false;
  #isOver = false;
  #wasSilent = false;
  #endTimer: NodeJS.Timeout | undefined;
  readonly #silenceTimer: NodeJS.Timeout;

  constructor({ number, request, source, onOver }: SessionParts) {
    this.number = number;
    this.#request = request;
    this.#onOver = onOver;
    this.#order = {
      recording: number,
      key: newPseudonymKey().toString('base64'),
      began: clock(),
      share: request.share,
      bodyBytes: request.bodies,
      places: request.pseudonymise,
    };
    this.stream = new Readable({ read: () => {}, destroy: (error, done) => this.#onDestroyed(error, done) });
    this.#head = { recording: 1, began: new Date().toISOString(), source, licence: null };
    this.#silenceTimer = setInterval(() => this.#breakSilence(), SILENCE_MS);
    if (request.seconds !== null) this.#endTimer = setTimeout(() => this.stop(), request.seconds * 1000);
  }

  /** An acceptor is there, from the beginning or since now. */
  join(acceptor: RecordedAcceptor): void {
    if (this.#isStopping) return;
    this.#acceptors.set(acceptor, null);
    this.#merge.join(acceptor, this.#now());
    acceptor.record(this.#order);
  }

  hear(acceptor: RecordedAcceptor, batch: RecordedBatch): void {
    if (this.#isOver || !this.#acceptors.has(acceptor)) return;
    this.#dropped += this.#merge.add(acceptor, batch.lines, batch.before);
    this.#acceptors.set(acceptor, batch);
    if (this.#head !== null && ![...this.#acceptors.values()].includes(null)) this.#push('');
    if (batch.isLast) this.#forget(acceptor);
    this.#write();
    this.#endIfComplete();
  }

  /** An acceptor is gone, and what it had not told with it. */
  leave(acceptor: RecordedAcceptor): void {
    if (this.#isOver || !this.#acceptors.has(acceptor)) return;
    this.#dropped += this.#acceptors.get(acceptor)?.underWay ?? 0;
    this.#forget(acceptor);
    this.#write();
    this.#endIfComplete();
  }

  /** Records nothing that begins from now on, and ends when what has begun has. */
  stop(): void {
    if (this.#isStopping) return;
    this.#isStopping = true;
    clearTimeout(this.#endTimer);
    for (const acceptor of this.#acceptors.keys()) acceptor.stopRecording(this.number, END_WITHIN);
    this.#endTimer = setTimeout(() => this.#giveUpWaiting(), END_WITHIN + LAST_WORD_MS);
    this.#endIfComplete();
  }

  /** Those that have not said their last word count as gone. */
  #giveUpWaiting(): void {
    for (const acceptor of [...this.#acceptors.keys()]) this.leave(acceptor);
  }

  #forget(acceptor: RecordedAcceptor): void {
    this.#dropped += this.#acceptors.get(acceptor)?.dropped ?? 0;
    this.#acceptors.delete(acceptor);
    this.#merge.leave(acceptor);
  }

  #write(): void {
    // With no acceptor left for a moment, the next one may still have to begin.
    const isComplete = this.#isStopping && this.#acceptors.size === 0;
    const lines = this.#merge.take(isComplete ? Number.POSITIVE_INFINITY : this.#now() - HOLD_MS);
    const most = this.#request.exchanges ?? Number.POSITIVE_INFINITY;
    let text = '';
    let unread = this.stream.readableLength;
    for (const line of lines) {
      if (this.#exchanges === most) break;
      if (unread > UNREAD_BYTES) this.#dropped++;
      else {
        text += `${line}\n`;
        unread += line.length;
        this.#exchanges++;
      }
    }
    if (text !== '') this.#push(text);
    if (this.#exchanges === most) this.#end();
  }

  #endIfComplete(): void {
    if (this.#isStopping && this.#acceptors.size === 0) this.#end();
  }

  #end(): void {
    if (this.#isOver) return;
    this.#finish(true);
    const end: RecordingEnd = { end: this.#counts() };
    this.#push(`${JSON.stringify(end)}\n`);
    this.stream.push(null);
  }

  #push(text: string): void {
    this.#wasSilent = false;
    const head = this.#head === null ? '' : `${JSON.stringify(this.#head)}\n`;
    this.#head = null;
    this.stream.push(head + text);
  }

  #breakSilence(): void {
    if (this.#wasSilent) this.#push('\n');
    this.#wasSilent = true;
  }

  #onDestroyed(error: Error | null, done: (error?: Error | null) => void): void {
    this.#finish(false);
    done(error);
  }

  /** Nobody records for this any more. */
  #finish(isWhole: boolean): void {
    if (this.#isOver) return;
    this.#isOver = true;
    for (const batch of this.#acceptors.values()) this.#dropped += batch === null ? 0 : batch.dropped;
    clearTimeout(this.#endTimer);
    clearInterval(this.#silenceTimer);
    for (const acceptor of this.#acceptors.keys()) acceptor.stopRecording(this.number, 0 as Millis);
    this.#acceptors.clear();
    this.#onOver(this.#counts(), isWhole);
  }

  #counts(): RecordingEnd['end'] {
    return { exchanges: this.#exchanges, dropped: this.#dropped };
  }

  #now(): number {
    return clock() - this.#order.began;
  }
}

/** The clock that all processes of a machine share, in milliseconds. */
function clock(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
