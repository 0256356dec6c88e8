import type { BodyTap } from '../decision/decision.ts';
import { copyToSlab, giveBackSlab, SLAB_BYTES } from './body-slabs.ts';
import type { Downstream } from './listener/downstream.ts';
import type { UpstreamConnection } from './upstream/upstream.ts';

const NO_BYTES = Buffer.alloc(0);

/** Unsent bytes above which the client is no longer read. One chunk of uWS may be up to 512 KiB more. */
const HIGH_MARK_BYTES = 64 * 1024;

/** A body up to this size is kept until the response begins, so that it can be sent again to another endpoint. */
const REPLAY_BYTES = 64 * 1024;

/** Unsent bytes above which not even one more chunk is taken to see whether a paused client is still there. */
const PROBE_MARK_BYTES = 1024 * 1024;

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
  #chunked: boolean;
  #connection: UpstreamConnection | null = null;
  /** From `#next` on not yet written; before it kept for a replay. */
  #chunks: Buffer[] = [];
  /** Written and not kept, but the kernel may not have all of them yet. */
  #underWay: Buffer[] = [];
  #next = 0;
  #unsentBytes = 0;
  /** What is sent is kept, so that it can be sent again. */
  #keepsSent = true;
  /** Something was sent and not kept. */
  #hasLost = false;
  #discarded = false;
  #blocked = false;
  #complete = false;
  #receivedBytes = 0;
  /** A policy wants all of it before anything is sent. */
  #collected: ((body: Buffer) => void) | null = null;
  #taps: readonly BodyTap[] | null = null;

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
    return !this.#hasLost;
  }

  /** @param chunk is copied where it has to be kept */
  receive(chunk: Buffer, isLast: boolean): void {
    this.#receivedBytes += chunk.length;
    if (this.#taps !== null) showTo(this.#taps, chunk, isLast);
    if (!this.#discarded) this.#take(chunk);
    this.#complete = isLast;
    if (this.#collected !== null) {
      if (isLast) this.#handOver();
      return;
    }
    this.#pump();
    if (this.#unsentBytes > HIGH_MARK_BYTES) this.#downstream.pauseBody();
  }

  #take(chunk: Buffer): void {
    if (this.#receivedBytes > REPLAY_BYTES) this.giveUpReplay();
    if (this.#keepsSent) {
      if (chunk.length > 0) this.#chunks.push(Buffer.from(chunk));
      this.#unsentBytes += chunk.length;
      return;
    }
    // Slab by slab: when the kernel takes each at once, the whole chunk passes through one.
    for (let at = 0; at < chunk.length; at += SLAB_BYTES) {
      const piece = copyToSlab(chunk.subarray(at, at + SLAB_BYTES));
      this.#chunks.push(piece);
      this.#unsentBytes += piece.length;
      this.#pump();
    }
  }

  /** Shows all of the body, from its first byte, to whoever wants to see it. To be called before any of it is sent. */
  tap(taps: readonly BodyTap[]): void {
    for (const chunk of this.#chunks) showTo(taps, chunk, false);
    if (this.#complete) showTo(taps, NO_BYTES, true);
    else this.#taps = this.#taps === null ? taps : [...this.#taps, ...taps];
  }

  /** Keeps everything until the last byte is there, and hands it to `then`. Whoever asks limits how much may come. */
  collect(then: (body: Buffer) => void): void {
    this.#collected = then;
    if (this.#complete) this.#handOver();
    else this.#downstream.resumeBody();
  }

  #handOver(): void {
    const then = this.#collected!;
    this.#collected = null;
    then(Buffer.concat(this.#chunks));
  }

  /** Puts a body that a policy made in the place of the client's, which has been collected. */
  replace(body: Buffer): void {
    this.#chunked = false;
    this.#chunks = body.length === 0 ? [] : [body];
    this.#hasLost = false;
    this.#keepsSent = true;
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
    this.#reclaim();
    this.#pump();
  }

  /** The response has begun, or the body is too large to keep: there will be no second attempt. */
  giveUpReplay(): void {
    if (!this.#keepsSent) return;
    this.#keepsSent = false;
    if (this.#next === 0) return;
    this.#hasLost = true;
    this.#chunks.splice(0, this.#next);
    this.#next = 0;
  }

  /** The connection is gone, or wants no more of it. What still comes from the client is dropped. */
  detach(): void {
    this.#connection = null;
    this.#underWay = [];
  }

  /** Nobody will want the rest: forget it and let the client send on into the void. */
  discard(): void {
    this.detach();
    this.#discarded = true;
    this.#chunks = [];
    this.#next = 0;
    this.#unsentBytes = 0;
    this.#hasLost = true;
    this.#downstream.resumeBody();
  }

  /**
   * To be called every few seconds until the body is complete. Keeps the listener's own timers from ending a slow upload, and
   * reads on for one chunk when the client is paused: that a paused client has gone shows in no other way.
   */
  keepAlive(): void {
    this.#downstream.keepBodyAlive();
    if (this.#unsentBytes <= PROBE_MARK_BYTES) this.#downstream.resumeBody();
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
    this.#unsentBytes -= chunk.length;
    if (this.#chunked) connection.writeBody(`${chunk.length.toString(16)}\r\n`);
    this.#blocked = !connection.writeBody(chunk);
    if (this.#keepsSent) {
      this.#next++;
    } else {
      this.#hasLost = true;
      this.#chunks.shift();
      this.#underWay.push(chunk);
      this.#reclaim();
    }
    if (this.#chunked) connection.writeBody('\r\n');
  }

  #reclaim(): void {
    if (this.#underWay.length === 0 || !this.#connection?.isDrained) return;
    for (const piece of this.#underWay) giveBackSlab(piece);
    this.#underWay = [];
  }
}

function showTo(taps: readonly BodyTap[], chunk: Buffer, isLast: boolean): void {
  for (const tap of taps) {
    if (chunk.length > 0) tap.onChunk(chunk);
    if (isLast) tap.onComplete();
  }
}
