import type { Downstream } from './listener/downstream.ts';
import type { UpstreamConnection } from './upstream/upstream.ts';

/** Unsent bytes above which the client is no longer read. One chunk of uWS may be up to 512 KiB more. */
const HIGH_MARK_BYTES = 64 * 1024;

/** A body up to this size is kept until the response begins, so that it can be sent again to another endpoint. */
const REPLAY_BYTES = 64 * 1024;

/**
 * The request body on its way from the client to the upstream.
 *
 *   client --> uWS --receive()--> #chunks --writeBody()--> connection --> kernel
 *     ^                              | unsent > HIGH_MARK, or writeBody said no: pauseBody()
 *     '---------- resumeBody() ------' when onUpstreamDrain has emptied it
 *
 * Framing is made anew: a chunked body is chunked again here, byte counts of any other are the declared length, which
 * the listener has checked.
 */
export class RequestBody {
  readonly #downstream: Downstream;
  readonly #chunked: boolean;
  #connection: UpstreamConnection | null = null;
  /** From `#next` on not yet written; before it kept for a replay. */
  #chunks: Buffer[] = [];
  #next = 0;
  #unsentBytes = 0;
  #replayable = true;
  #blocked = false;
  #complete = false;
  #receivedBytes = 0;

  constructor(downstream: Downstream) {
    this.#downstream = downstream;
    this.#chunked = downstream.head.contentLength < 0;
  }

  get receivedBytes(): number {
    return this.#receivedBytes;
  }

  /** The last byte has come from the client. */
  get isComplete(): boolean {
    return this.#complete;
  }

  /** The upstream takes no more for now: whatever stands still is its doing, not the client's. */
  get isBlocked(): boolean {
    return this.#blocked;
  }

  /** Every byte received so far is still here, so that the request can be made once more. */
  get isReplayable(): boolean {
    return this.#replayable;
  }

  receive(chunk: Buffer, isLast: boolean): void {
    this.#receivedBytes += chunk.length;
    this.#complete = isLast;
    if (chunk.length > 0) {
      this.#chunks.push(chunk);
      this.#unsentBytes += chunk.length;
    }
    if (this.#receivedBytes > REPLAY_BYTES) this.giveUpReplay();
    this.#pump();
    if (this.#unsentBytes > HIGH_MARK_BYTES) this.#downstream.pauseBody();
  }

  /** Sends all of the body to a connection whose request head has just been sent: from its first byte, also on a retry. */
  sendTo(connection: UpstreamConnection): void {
    this.#connection = connection;
    this.#blocked = false;
    this.#next = 0;
    this.#unsentBytes = 0;
    for (const chunk of this.#chunks) this.#unsentBytes += chunk.length;
    this.#pump();
  }

  /** The connection takes more again. */
  onDrain(): void {
    this.#blocked = false;
    this.#pump();
  }

  /** The response has begun, or the body is too large to keep: there will be no second attempt. */
  giveUpReplay(): void {
    if (!this.#replayable) return;
    this.#replayable = false;
    this.#chunks.splice(0, this.#next);
    this.#next = 0;
  }

  /** The connection is gone, or wants no more of it. What still comes from the client is dropped. */
  detach(): void {
    this.#connection = null;
  }

  /** Nobody will want the rest: forget it and let the client send on into the void. */
  discard(): void {
    this.detach();
    this.#chunks = [];
    this.#next = 0;
    this.#unsentBytes = 0;
    this.#replayable = false;
    this.#downstream.resumeBody();
  }

  #pump(): void {
    const connection = this.#connection;
    if (connection === null) return;
    while (this.#next < this.#chunks.length && !this.#blocked) this.#sendNext(connection);
    if (this.#blocked) {
      this.#downstream.pauseBody();
      return;
    }
    if (this.#complete) {
      if (this.#chunked) connection.writeBody('0\r\n\r\n');
      this.#connection = null;
      connection.endBody();
      return;
    }
    this.#downstream.resumeBody();
  }

  #sendNext(connection: UpstreamConnection): void {
    const chunk = this.#chunks[this.#next]!;
    if (this.#replayable) this.#next++;
    else this.#chunks.shift();
    this.#unsentBytes -= chunk.length;
    if (this.#chunked) connection.writeBody(`${chunk.length.toString(16)}\r\n`);
    this.#blocked = !connection.writeBody(chunk);
    if (this.#chunked) connection.writeBody('\r\n');
  }
}
