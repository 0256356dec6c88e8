import type { ErrorCode } from '../../errors/table.ts';
import { BODY, BodyDecoder } from './body-decoder.ts';
import { INCOMPLETE, TOO_LARGE } from './header-lines.ts';
import type { Lease } from './lease.ts';
import { PartialHead } from './partial-head.ts';
import { UpstreamResponseHead } from './response-head.ts';
import type { ResponseHandler } from './upstream.ts';

/** Interim responses before a final one (RFC 9110, section 15.2 sets no limit; honest software sends one or two). */
export const MAX_INTERIM_RESPONSES = 16;

/** How far `ResponseReader.read` got. */
export const READ = {
  /** The bytes are used up, kept because of a pause, or nobody wants them any more. */
  waiting: 0,
  /** The response is complete; the handler was not told yet. */
  complete: 1,
  /** The response cannot be understood: `failure` says how. The handler was not told yet. */
  failed: 2,
} as const;

/** Who is told of a response while it is read. */
export type ResponseReceiver = Pick<ResponseHandler, 'onResponseHead' | 'onResponseBody'>;

export type ReadOutcome = (typeof READ)[keyof typeof READ];

const NO_BYTES = Buffer.alloc(0);

/**
 * Takes the bytes of one response after the other apart and hands them to a handler. It knows no socket: what a failure or
 * an end means for the connection is the connection's business.
 *
 *   head --- final head, onResponseHead ---> body --- onResponseBody... ---> complete
 *    ^ |                                      |
 *    '-' 1xx, swallowed                       '- paused: what was read already waits in `#held`
 */
export class ResponseReader {
  readonly head = new UpstreamResponseHead();
  /** A byte of the response has arrived. */
  hasBegun = false;
  /** Bytes came behind the end of the response: whatever they are, the connection cannot be trusted. */
  hasSurplus = false;
  failure: ErrorCode = 'upstream_response_malformed';

  readonly #decoder = new BodyDecoder();
  readonly #partialHead = new PartialHead();
  #handler: ResponseReceiver | null = null;
  #isHead = false;
  #lease: Lease | null = null;
  #inBody = false;
  #interimResponses = 0;
  #paused = false;
  #held: Buffer = NO_BYTES;

  /**
   * Makes ready for the next response.
   *
   * @param isHead the request's method is HEAD
   * @param lease hears of the status before the handler does; null: nobody counts attempts
   */
  begin(handler: ResponseReceiver, isHead: boolean, lease: Lease | null = null): void {
    this.#lease = lease;
    this.hasBegun = false;
    this.hasSurplus = false;
    this.#handler = handler;
    this.#isHead = isHead;
    this.#inBody = false;
    this.#interimResponses = 0;
  }

  /** Stops at once, also from inside a handler's method, and lets go of what is kept. */
  abandon(): void {
    this.#handler = null;
    this.#paused = false;
    this.#held = NO_BYTES;
    this.#partialHead.clear();
  }

  get isPaused(): boolean {
    return this.#paused;
  }

  pause(): void {
    this.#paused = true;
  }

  /** Goes on with what was kept while paused. */
  resume(): ReadOutcome {
    this.#paused = false;
    const held = this.#held;
    this.#held = NO_BYTES;
    return this.#inBody || held.length > 0 ? this.#consume(held, 0, held.length) : READ.waiting;
  }

  /** The peer will send no more: whether that is how this response ends. */
  get endsAtClose(): boolean {
    return this.#inBody && this.#decoder.endsAtClose;
  }

  /** @param bytes hold what was read from 0 to `count`, until this returns */
  read(bytes: Buffer, count: number): ReadOutcome {
    this.hasBegun = true;
    return this.#paused ? this.#hold(bytes, 0, count) : this.#consume(bytes, 0, count);
  }

  #consume(source: Buffer, start: number, end: number): ReadOutcome {
    let bytes: Buffer = source;
    let at = start;
    let to = end;
    while (!this.#inBody) {
      if (this.#paused) return this.#hold(bytes, at, to);
      if (!this.#partialHead.isEmpty) {
        const joined = this.#partialHead.append(bytes, at, to);
        if (joined === null) return READ.waiting;
        bytes = joined;
        at = 0;
        to = bytes.length;
      }
      at = this.#consumeHead(bytes, at, to);
      if (at === INCOMPLETE) return READ.waiting;
      if (at < 0) return READ.failed;
    }
    return this.#consumeBody(bytes, at, to);
  }

  /** @returns the offset behind the head, INCOMPLETE, or another negative number when the head is refused */
  #consumeHead(bytes: Buffer, start: number, end: number): number {
    const head = this.head;
    const at = head.parse(bytes, start, end, this.#isHead);
    if (at === INCOMPLETE) {
      this.#partialHead.keep(bytes, start, end);
      return at;
    }
    this.#partialHead.clear();
    if (at < 0) {
      this.failure = at === TOO_LARGE ? 'upstream_response_too_large' : 'upstream_response_malformed';
      return at;
    }
    if (head.status < 200) {
      this.failure = 'upstream_response_malformed';
      return ++this.#interimResponses <= MAX_INTERIM_RESPONSES ? at : TOO_LARGE;
    }
    this.#inBody = true;
    this.#decoder.reset(head.framing, head.contentLength);
    head.arrivedWhole = head.framing === 'none' || (head.framing === 'length' && end - at >= head.contentLength);
    if (this.#lease !== null) this.#lease.onHead(head.status);
    this.#handler!.onResponseHead(head);
    return at;
  }

  #consumeBody(bytes: Buffer, start: number, end: number): ReadOutcome {
    const decoder = this.#decoder;
    let at = start;
    // The handler may pause or abandon the response in any of its methods.
    for (let handler = this.#handler; handler !== null; handler = this.#handler) {
      if (this.#paused) return this.#hold(bytes, at, end);
      at = decoder.next(bytes, at, end);
      switch (decoder.event) {
        case BODY.piece:
          handler.onResponseBody(bytes.subarray(decoder.pieceStart, decoder.pieceEnd));
          break;
        case BODY.more:
          return READ.waiting;
        case BODY.complete:
          this.hasSurplus = at < end;
          return READ.complete;
        default:
          this.failure = 'upstream_response_malformed';
          return READ.failed;
      }
    }
    return READ.waiting;
  }

  /** Keeps bytes that were read before the socket stopped: at most a read buffer, or what TLS had decrypted already. */
  #hold(bytes: Buffer, start: number, end: number): ReadOutcome {
    const rest = bytes.subarray(start, end);
    this.#held = this.#held.length === 0 ? Buffer.from(rest) : Buffer.concat([this.#held, rest]);
    return READ.waiting;
  }
}
