import type { HttpResponse } from '../../../../native-bindings/uws-types.ts';
import type { Downstream, DownstreamHandler, ListenerContext, RequestHead } from '../downstream.ts';

const EMPTY = Buffer.alloc(0);

/**
 * Most bytes that may be written in one cork without being lost when the socket is full: uWS's cork buffer holds 16 KiB,
 * and before its v20.77 a write that does not fit behind another one is dropped while its chunk header is sent.
 */
const SLICE_BYTES = 15 * 1024;

/** Up to this size a body that is all there is sent in one call; above it the kernel may not take all, and `tryEnd` tells. */
const WHOLE_BYTES = 16 * 1024;

/** How far a response has come. It only ever moves down this list. */
const STATE = { NOT_BEGUN: 0, HEAD_HELD: 1, STREAMING: 2, ENDED: 3 } as const;

/**
 * One request and its response on a uWS connection.
 *
 * Back-pressure towards the client. uWS buffers without bound what the kernel does not take, so the surplus is held here
 * and handed over slice by slice:
 *
 *   upstream --write()--> #held (copies) --tryEnd / write--> uWS --> kernel
 *                           |  false: the exchange pauses the upstream
 *                           '-- empty again, on uWS's onWritable: handler.onWritable() resumes it
 *
 * A response of known length goes through `tryEnd`, which tells how much it took. One of unknown length goes through
 * `write`, one slice a cork.
 */
export class UwsDownstream implements Downstream {
  readonly head: RequestHead;
  readonly listener: ListenerContext;
  handler: DownstreamHandler | null;
  /** True until uWS's own handler has returned: answers to requests with a body then have to wait (see `respond`). */
  inHandler: boolean;
  readonly #res: HttpResponse;
  #state: number;
  /** The client is gone or was cut off: no method of `#res` may be called any more. */
  #gone: boolean;
  #bodyPaused: boolean;
  #responseHead: Buffer;
  #contentLength: number;
  #close: boolean;
  /** The socket took less than it was given; nothing more is written before it asks. */
  #blocked: boolean;
  #held: Buffer[] | null;
  #endWanted: boolean;
  #watchingWritable: boolean;

  constructor(res: HttpResponse, head: RequestHead, listener: ListenerContext) {
    this.head = head;
    this.listener = listener;
    this.handler = null;
    this.inHandler = true;
    this.#res = res;
    this.#state = STATE.NOT_BEGUN;
    this.#gone = false;
    this.#bodyPaused = false;
    this.#responseHead = EMPTY;
    this.#contentLength = -1;
    this.#close = false;
    this.#blocked = false;
    this.#held = null;
    this.#endWanted = false;
    this.#watchingWritable = false;
  }

  // ---- what uWS tells

  onAborted(): void {
    this.#gone = true;
    this.handler?.onAborted();
  }

  onData(bytes: ArrayBuffer, isLast: boolean): void {
    // A view: uWS detaches the chunk when this returns.
    this.handler?.onRequestBody(Buffer.from(bytes), isLast);
  }

  // ---- request body

  pauseBody(): void {
    if (this.#bodyPaused || this.#gone || this.#state === STATE.ENDED) return;
    this.#bodyPaused = true;
    this.#res.pause();
  }

  /** Guarded: `resume` on a socket that is not paused keeps it from ever being read again. */
  resumeBody(): void {
    if (!this.#bodyPaused || this.#gone || this.#state === STATE.ENDED) return;
    this.#bodyPaused = false;
    this.#res.resume();
  }

  /** uWS cuts uploads slower than 16 KiB/s when its idle timer fires; a pause with a resume sets the timer back. */
  keepBodyAlive(): void {
    if (this.#bodyPaused) return;
    this.pauseBody();
    this.resumeBody();
  }

  // ---- response

  respond(head: Buffer, body: Buffer | null, contentLength: number, close: boolean): void {
    const framingIsSure = this.head.contentLength === 0 && this.head.fault === null;
    if (!this.inHandler || framingIsSure) {
      this.#sendWhole(head, body, contentLength, close);
      return;
    }
    // Answered in uWS's own turn, bytes that its lax framing leaves over would be dispatched as the next request and
    // `close` forgotten. One turn later such a request finds this one pending, and uWS drops the connection.
    setImmediate(() => {
      if (!this.#gone) this.#sendWhole(head, body, contentLength, close);
    });
  }

  #sendWhole(head: Buffer, body: Buffer | null, contentLength: number, mustClose: boolean): void {
    this.resumeBody(); // a response that ends while the body is paused leaves the connection dead
    const close = mustClose || this.head.wantsClose;
    this.#state = STATE.ENDED;
    this.#res.cork(() => {
      this.#res.writeStatus(head);
      if (body !== null) this.#res.end(body, close);
      else this.#endWithoutBody(contentLength, close);
    });
  }

  #endWithoutBody(contentLength: number, close: boolean): void {
    // uWS turns an explicit `undefined` into a length of 2^63: without a length, closing can only be announced.
    if (contentLength >= 0) {
      this.#res.endWithoutBody(contentLength, close);
      return;
    }
    if (close) this.#res.writeHeader('connection', 'close');
    this.#res.endWithoutBody();
  }

  begin(head: Buffer, contentLength: number, close: boolean): void {
    this.#state = STATE.HEAD_HELD;
    this.#responseHead = head;
    this.#contentLength = contentLength;
    this.#close = close || this.head.wantsClose;
  }

  write(chunk: Buffer): boolean {
    if (this.#state === STATE.HEAD_HELD && chunk.length === this.#contentLength && chunk.length <= WHOLE_BYTES) {
      this.#sendWhole(this.#responseHead, chunk, -1, this.#close);
      return true;
    }
    const rest = this.#blocked ? chunk : this.#send(chunk);
    if (rest.length > 0) this.#hold(Buffer.from(rest));
    return !this.#blocked;
  }

  end(): boolean {
    if (this.#blocked) {
      this.#endWanted = true;
      return false;
    }
    this.#finishStream();
    return true;
  }

  abort(): void {
    if (this.#gone || this.#state === STATE.ENDED) return;
    this.#gone = true;
    this.#state = STATE.ENDED;
    this.handler = null;
    this.#res.close();
  }

  /** Hands bytes to uWS until the socket is full, which sets `#blocked`. Returns the part it did not take. */
  #send(chunk: Buffer): Buffer {
    return this.#contentLength >= 0 ? this.#sendOfKnownLength(chunk) : this.#sendInSlices(chunk);
  }

  #sendOfKnownLength(chunk: Buffer): Buffer {
    let rest: Buffer = EMPTY;
    // These may be the last bytes, and a response that ends while the request body is paused leaves the connection dead.
    if (this.#bodyPaused && this.#res.getWriteOffset() + chunk.length >= this.#contentLength) this.resumeBody();
    this.#res.cork(() => {
      if (this.#state === STATE.HEAD_HELD) this.#writeHeadOfStream();
      const before = this.#res.getWriteOffset();
      const [ok, done] = this.#res.tryEnd(chunk, this.#contentLength);
      if (done) this.#state = STATE.ENDED;
      else if (!ok) {
        rest = chunk.subarray(this.#res.getWriteOffset() - before);
        this.#block();
      }
    });
    return rest;
  }

  #sendInSlices(chunk: Buffer): Buffer {
    let offset = 0;
    while (offset < chunk.length && !this.#blocked) {
      const headBytes = this.#state === STATE.HEAD_HELD ? this.#responseHead.length : 0;
      const end = offset + Math.max(1024, SLICE_BYTES - headBytes);
      const slice = chunk.subarray(offset, end);
      this.#res.cork(() => {
        if (this.#state === STATE.HEAD_HELD) this.#writeHeadOfStream();
        if (!this.#res.write(slice)) this.#block();
      });
      offset = Math.min(end, chunk.length);
    }
    return chunk.subarray(offset);
  }

  /**
   * uWS closes only behind an `end` that carries the whole body. For a streamed one closing can but be announced, which
   * leaves it to the client: a later `end(_, true)` would write its Connection header into the body.
   */
  #writeHeadOfStream(): void {
    this.#state = STATE.STREAMING;
    this.#res.writeStatus(this.#responseHead);
    this.#responseHead = EMPTY;
    if (this.#close) this.#res.writeHeader('connection', 'close');
  }

  #finishStream(): void {
    this.resumeBody();
    if (this.#state === STATE.ENDED) return; // tryEnd had the last byte
    if (this.#state === STATE.HEAD_HELD) {
      this.#sendWhole(this.#responseHead, EMPTY, -1, this.#close);
      return;
    }
    this.#res.cork(() => this.#res.end());
    this.#state = STATE.ENDED;
  }

  #hold(copy: Buffer): void {
    if (this.#held === null) this.#held = [copy];
    else this.#held.push(copy);
  }

  #block(): void {
    this.#blocked = true;
    if (this.#watchingWritable) return;
    this.#watchingWritable = true;
    this.#res.onWritable(() => this.#onSocketWritable());
  }

  #onSocketWritable(): boolean {
    this.#blocked = false;
    // With a handler registered uWS does not flush its own buffer by itself; an empty cork does.
    if (this.#contentLength < 0) this.#res.cork(() => {});
    const held = this.#held;
    while (held !== null && held.length > 0 && !this.#blocked) {
      const rest = this.#send(held[0]!);
      if (rest.length > 0) held[0] = rest;
      else held.shift();
    }
    if (this.#blocked) return false;
    if (this.#endWanted) this.#finishStream();
    this.handler?.onWritable();
    return true;
  }
}
