import { strict as assert } from 'node:assert';
import type { Socket } from 'node:net';
import type { CompiledEndpoint } from '../../config/compiled.ts';
import type { ErrorCode } from '../../errors/table.ts';
import { BODY, BodyDecoder } from './body-decoder.ts';
import { INCOMPLETE, TOO_LARGE } from './header-lines.ts';
import { openSocket, readyEvent, type SocketTarget, WRITE_HIGH_WATER_BYTES } from './open-socket.ts';
import { PartialHead } from './partial-head.ts';
import { UpstreamResponseHead } from './response-head.ts';
import type { ResponseHandler, UpstreamConnection } from './upstream.ts';

/** Whoever counts the connection: its pool. */
export interface ConnectionOwner {
  onConnected(connection: Connection): void;
  /** The connection never came to be; no other call follows. */
  onConnectFailed(connection: Connection, code: ErrorCode): void;
  /** A response is complete and the connection may carry another request. The owner keeps it or closes it. */
  onReleased(connection: Connection): void;
  onClosed(connection: Connection): void;
}

/** LIMITS: interim responses before a final one. 101 is refused: WebSocket relaying takes another road. */
const MAX_INTERIM_RESPONSES = 16;

/*
 *                 connected            send                  response complete, reusable
 *   connecting --------------> idle -----------> busy ------------------------------------> idle
 *       |                       |                 |  response complete, not reusable
 *       | refused, timed out    | any byte, FIN,  |  FIN, error, malformed, destroy()
 *       v                       v close()         v
 *     closed                  closed            closed
 *
 * While busy, the response goes through its own states (`#inBody` tells the first two apart):
 *
 *   head --- final head ---> body --- complete ---> (released or closed, then onResponseEnd)
 *    ^ |                      |
 *    '-' 1xx                  '- pause(): bytes that were read already wait in `#held`, the socket is not read
 */
const CONNECTING = 0;
const IDLE = 1;
const BUSY = 2;
const CLOSED = 3;

const NO_BYTES = Buffer.alloc(0);

/**
 * One socket to one endpoint. It writes a request at a time and takes the response apart; it decides nothing about retries
 * and keeps no timers. Back-pressure: `writeBody` returns false while WRITE_HIGH_WATER_BYTES wait in the socket, and
 * `onUpstreamDrain` follows; `pause` stops reading, so that TCP's window stops the upstream.
 */
export class Connection implements UpstreamConnection {
  readonly endpoint: CompiledEndpoint;
  readonly endpointIndex: number;
  /** When it became idle, on the pool's clock; the pool's own note. */
  idleSince = 0;

  readonly #socket: Socket;
  readonly #owner: ConnectionOwner;
  readonly #head = new UpstreamResponseHead();
  readonly #decoder = new BodyDecoder();
  readonly #partialHead = new PartialHead();
  #state = CONNECTING;
  #handler: ResponseHandler | null = null;
  #responsesCompleted = 0;
  #transportConnected = false;

  // The request under way.
  #heldText = '';
  #requestEnded = false;
  #requestReached = false;
  #awaitingDrain = false;
  #isHead = false;

  // Its response.
  #responseBegun = false;
  #inBody = false;
  #interimResponses = 0;
  #paused = false;
  #held: Buffer | null = null;
  #endHeld = false;

  constructor(target: SocketTarget, endpointIndex: number, owner: ConnectionOwner) {
    this.endpoint = target.endpoint;
    this.endpointIndex = endpointIndex;
    this.#owner = owner;
    const socket = openSocket(target, (count, buffer) => this.#onBytes(count, buffer));
    this.#socket = socket;
    socket.on('connect', () => {
      this.#transportConnected = true;
    });
    socket.on(readyEvent(target), () => this.#onReady());
    socket.on('end', () => this.#onEnd());
    socket.on('drain', () => this.#onDrain());
    socket.on('error', () => this.#onGone());
    socket.on('close', () => this.#onGone());
  }

  get reused(): boolean {
    return this.#responsesCompleted > 0;
  }

  get responseBegun(): boolean {
    return this.#responseBegun;
  }

  get requestReachedPeer(): boolean {
    return this.#requestReached;
  }

  /** How long the upstream said it would keep this connection idle, in milliseconds; -1: it did not say. */
  get idleHintMs(): number {
    return this.#head.idleHintMs;
  }

  get isIdle(): boolean {
    return this.#state === IDLE && !this.#socket.destroyed;
  }

  // --- the request

  send(head: string, hasBody: boolean, isHead: boolean, handler: ResponseHandler): void {
    assert(this.#state === IDLE, 'send on a connection that is not idle');
    this.#state = BUSY;
    this.#handler = handler;
    this.#isHead = isHead;
    this.#requestEnded = !hasBody;
    this.#requestReached = false;
    this.#awaitingDrain = false;
    this.#responseBegun = false;
    this.#inBody = false;
    this.#interimResponses = 0;
    if (hasBody) this.#holdText(head);
    else this.#write(head);
  }

  writeBody(chunk: Buffer | string): boolean {
    if (this.#state !== BUSY) return true;
    if (typeof chunk === 'string') {
      this.#holdText(chunk);
      return true;
    }
    if (chunk.length === 0) return true;
    if (this.#heldText === '') this.#write(chunk);
    else {
      this.#socket.cork();
      this.#flushHeldText();
      this.#write(chunk);
      this.#socket.uncork();
    }
    this.#awaitingDrain = this.#socket.writableLength >= WRITE_HIGH_WATER_BYTES || this.#socket.errored !== null;
    return !this.#awaitingDrain;
  }

  endBody(): void {
    if (this.#state !== BUSY) return;
    this.#flushHeldText();
    this.#requestEnded = true;
  }

  /** Text is the head or the framing of a chunk: it waits for the bytes that belong to it, but not past this turn. */
  #holdText(text: string): void {
    if (this.#heldText === '') setImmediate(Connection.#flushLate, this);
    this.#heldText += text;
  }

  #flushHeldText(): void {
    const text = this.#heldText;
    if (text === '') return;
    this.#heldText = '';
    this.#write(text);
  }

  static #flushLate(connection: Connection): void {
    if (connection.#state === BUSY) connection.#flushHeldText();
  }

  #write(data: string | Buffer): void {
    const socket = this.#socket;
    if (typeof data === 'string') socket.write(data, 'latin1');
    else socket.write(data);
    // A write that fails at once leaves `errored` set and has sent nothing: the kernel takes bytes or gives an error.
    if (!this.#requestReached) this.#requestReached = socket.errored === null;
  }

  #onDrain(): void {
    if (!this.#awaitingDrain || this.#state !== BUSY) return;
    this.#awaitingDrain = false;
    this.#handler!.onUpstreamDrain();
  }

  // --- the response

  #onBytes(count: number, buffer: Buffer): void {
    if (this.#state === BUSY) {
      this.#responseBegun = true;
      if (this.#paused) this.#hold(buffer, 0, count);
      else this.#consume(buffer, 0, count);
    } else if (this.#state === IDLE) {
      // Bytes nobody asked for would be taken for the answer to the next request.
      this.#close();
    }
  }

  /** Takes bytes apart until they are used up, the response ends or fails, or the handler pauses. */
  #consume(source: Buffer, start: number, end: number): void {
    const handler = this.#handler!;
    let bytes = source;
    let at = start;
    let to = end;
    while (!this.#paused) {
      if (!this.#inBody) {
        if (!this.#partialHead.isEmpty) {
          const joined = this.#partialHead.append(bytes, at, to);
          if (joined === null) return;
          bytes = joined;
          at = 0;
          to = bytes.length;
        }
        at = this.#consumeHead(handler, bytes, at, to);
        if (at < 0 || this.#handler !== handler) return;
        continue;
      }
      at = this.#decoder.next(bytes, at, to);
      switch (this.#decoder.event) {
        case BODY.piece:
          handler.onResponseBody(bytes.subarray(this.#decoder.pieceStart, this.#decoder.pieceEnd));
          if (this.#handler !== handler) return;
          break;
        case BODY.more:
          return;
        case BODY.complete:
          this.#complete(at < to);
          return;
        default:
          this.#fail('upstream_response_malformed');
          return;
      }
    }
    this.#hold(bytes, at, to);
  }

  /** @returns the offset behind the head, or a negative number when there is nothing more to do with these bytes */
  #consumeHead(handler: ResponseHandler, bytes: Buffer, start: number, end: number): number {
    const head = this.#head;
    const at = head.parse(bytes, start, end, this.#isHead);
    if (at === INCOMPLETE) {
      this.#partialHead.keep(bytes, start, end);
      return at;
    }
    this.#partialHead.clear();
    if (at < 0) {
      this.#fail(at === TOO_LARGE ? 'upstream_response_too_large' : 'upstream_response_malformed');
      return at;
    }
    if (head.status < 200) {
      if (++this.#interimResponses <= MAX_INTERIM_RESPONSES) return at;
      this.#fail('upstream_response_malformed');
      return -1;
    }
    this.#inBody = true;
    this.#decoder.reset(head.framing, head.contentLength);
    head.arrivedWhole = head.framing === 'none' || (head.framing === 'length' && end - at >= head.contentLength);
    handler.onResponseHead(head);
    return at;
  }

  /** Frees the connection before the handler hears of the end, so that whatever it starts next finds it in the pool. */
  #complete(hasSurplus: boolean): void {
    const handler = this.#handler!;
    const socket = this.#socket;
    this.#responsesCompleted++;
    this.#handler = null;
    const isRequestOut = this.#requestEnded && socket.writableLength === 0 && socket.errored === null;
    if (this.#head.persistent && isRequestOut && !hasSurplus && !this.#endHeld) {
      this.#state = IDLE;
      this.#owner.onReleased(this);
    } else {
      this.#close();
    }
    handler.onResponseEnd();
  }

  pause(): void {
    if (this.#state !== BUSY || this.#paused) return;
    this.#paused = true;
    this.#socket.pause();
  }

  resume(): void {
    if (this.#state !== BUSY || !this.#paused) return;
    this.#paused = false;
    process.nextTick(Connection.#consumeLate, this);
  }

  /** Bytes read before the socket stopped: at most one read buffer, or what TLS had already decrypted. */
  #hold(bytes: Buffer, start: number, end: number): void {
    const rest = bytes.subarray(start, end);
    this.#held = this.#held === null ? Buffer.from(rest) : Buffer.concat([this.#held, rest]);
  }

  static #consumeLate(connection: Connection): void {
    connection.#consumeHeld();
  }

  #consumeHeld(): void {
    if (this.#state !== BUSY || this.#paused) return;
    const held = this.#held ?? NO_BYTES;
    this.#held = null;
    if (this.#inBody || held.length > 0) this.#consume(held, 0, held.length);
    if (this.#state !== BUSY || this.#paused) return;
    if (this.#endHeld) this.#onEnd();
    else this.#socket.resume();
  }

  // --- the end

  #onReady(): void {
    if (this.#state !== CONNECTING) return;
    this.#state = IDLE;
    this.#owner.onConnected(this);
  }

  /** The peer sent FIN: the end of a body that has no other end, an idle connection's quiet death, or a failure. */
  #onEnd(): void {
    if (this.#paused) {
      this.#endHeld = true;
    } else if (this.#state === BUSY && this.#inBody && this.#decoder.endsAtClose) {
      this.#complete(false);
    } else {
      this.#onGone();
    }
  }

  #onGone(): void {
    switch (this.#state) {
      case CONNECTING:
        this.#failConnect(this.#transportConnected ? 'upstream_tls_failed' : 'upstream_connect_failed');
        return;
      case IDLE:
        this.#close();
        return;
      case BUSY:
        this.#fail(this.#responseBegun ? 'upstream_truncated' : 'upstream_closed');
    }
  }

  #fail(code: ErrorCode): void {
    const handler = this.#handler!;
    this.#close();
    handler.onUpstreamFailure(code);
  }

  #failConnect(code: ErrorCode): void {
    this.#state = CLOSED;
    this.#socket.destroy();
    this.#owner.onConnectFailed(this, code);
  }

  /** Gives up on a connection that was not made in time. */
  timeOutConnect(): void {
    if (this.#state === CONNECTING) this.#failConnect('upstream_connect_timeout');
  }

  /** Closes an idle connection. */
  close(): void {
    if (this.#state === IDLE) this.#close();
  }

  destroy(): void {
    if (this.#state === BUSY || this.#state === IDLE) this.#close();
  }

  #close(): void {
    this.#state = CLOSED;
    this.#handler = null;
    this.#held = null;
    this.#heldText = '';
    this.#partialHead.clear();
    this.#socket.destroy();
    this.#owner.onClosed(this);
  }
}
