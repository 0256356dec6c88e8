import { strict as assert } from 'node:assert';
import type { Socket } from 'node:net';
import type { CompiledEndpoint } from '../../config/compiled.ts';
import type { ErrorCode } from '../../errors/table.ts';
import type { Lease } from './lease.ts';
import { openSocket, readyEvent, type SocketTarget } from './open-socket.ts';
import { RequestWriter } from './request-writer.ts';
import { READ, type ReadOutcome, ResponseReader } from './response-reader.ts';
import type { ResponseHandler, UpstreamConnection } from './upstream.ts';

/** Whoever counts the connection: its pool. */
export interface ConnectionOwner {
  onConnected(connection: Connection): void;
  /** The connection never came to be; no other call follows. */
  onConnectFailed(connection: Connection, code: ErrorCode): void;
  /** A response is complete and the connection may carry another request. The owner gives it to someone, keeps or closes it. */
  onReleased(connection: Connection): void;
  onClosed(connection: Connection): void;
}

/*
 *                 connected            send                  response complete, reusable
 *   connecting --------------> idle -----------> busy ------------------------------------> idle
 *       |                       |                 |
 *       | refused, timed out    | any byte, FIN,  | response complete but not reusable,
 *       v                       v close()         v FIN, error, malformed, destroy()
 *     closed                  closed            closed
 */
const CONNECTING = 0;
const IDLE = 1;
const BUSY = 2;
const CLOSED = 3;

/**
 * One socket to one endpoint, for one request at a time. It decides nothing about retries and keeps no timers.
 *
 * Every way out of `busy` ends in `#complete` or `#fail`, which free the connection before the handler hears of it, so that
 * whatever the handler starts next finds it in the pool.
 */
export class Connection implements UpstreamConnection {
  readonly endpoint: CompiledEndpoint;
  readonly endpointIndex: number;
  /** When it became idle, on the pool's clock; the pool's own note. */
  idleSince = 0;
  /** The attempt that the current request is, where attempts are counted; null between requests. */
  lease: Lease | null = null;

  readonly #socket: Socket;
  readonly #writer: RequestWriter;
  readonly #reader = new ResponseReader();
  readonly #owner: ConnectionOwner;
  #state = CONNECTING;
  #handler: ResponseHandler | null = null;
  #responsesCompleted = 0;
  /** TCP is there; what fails from now on until `idle` is the TLS handshake. */
  #hasTransport = false;
  /** `resume` was called; reading goes on when the caller is through. */
  #isResuming = false;
  /** FIN came while the response was paused. */
  #endHeld = false;
  #wasReset = false;

  constructor(target: SocketTarget, endpointIndex: number, owner: ConnectionOwner) {
    this.endpoint = target.endpoint;
    this.endpointIndex = endpointIndex;
    this.#owner = owner;
    this.#socket = openSocket(target, (count, buffer) => this.#onBytes(count, buffer));
    this.#writer = new RequestWriter(this.#socket);
    this.#socket
      .on('connect', () => {
        this.#hasTransport = true;
      })
      .on(readyEvent(target), () => this.#onReady())
      .on('drain', () => this.#onDrain())
      .on('end', () => {
        this.#wasReset = isReset(this.#socket);
        this.#onEnd();
      })
      .on('error', () => this.#onGone())
      .on('close', () => this.#onClose());
  }

  get reused(): boolean {
    return this.#responsesCompleted > 0;
  }

  get responseBegun(): boolean {
    return this.#reader.hasBegun;
  }

  get requestReachedPeer(): boolean {
    return this.#writer.reachedPeer;
  }

  /** How long the upstream said it would keep this connection idle, in milliseconds; -1: it did not say. */
  get idleHintMs(): number {
    return this.#reader.head.idleHintMs;
  }

  /** Whether it can carry a request, as far as this side knows. */
  get isIdle(): boolean {
    return this.#state === IDLE && !this.#socket.destroyed;
  }

  get #isClosed(): boolean {
    return this.#state === CLOSED;
  }

  send(head: string, hasBody: boolean, isHead: boolean, handler: ResponseHandler): void {
    assert(this.#state === IDLE, 'send on a connection that is not idle');
    this.#state = BUSY;
    this.#handler = handler;
    this.#reader.begin(handler, isHead, this.lease);
    this.#writer.begin(head, hasBody);
  }

  writeBody(chunk: Buffer | string): boolean {
    if (this.#state !== BUSY || chunk.length === 0) return true;
    if (typeof chunk !== 'string') return this.#writer.writeBytes(chunk);
    this.#writer.hold(chunk);
    return true;
  }

  get isDrained(): boolean {
    return this.#state === BUSY && this.#writer.isDrained;
  }

  endBody(): void {
    if (this.#state === BUSY) this.#writer.endBody();
  }

  pause(): void {
    this.#isResuming = false;
    if (this.#state !== BUSY || this.#reader.isPaused) return;
    this.#reader.pause();
    this.#socket.pause();
  }

  resume(): void {
    if (this.#state !== BUSY || !this.#reader.isPaused || this.#isResuming) return;
    this.#isResuming = true;
    process.nextTick(Connection.#resumeLate, this);
  }

  destroy(code: ErrorCode | null = null): void {
    if (this.#state !== BUSY && this.#state !== IDLE) return;
    if (code !== null) this.lease?.fail(code);
    this.#close();
  }

  /** Gives up on a connection that was not made in time. */
  timeOutConnect(): void {
    if (this.#state === CONNECTING) this.#failConnect('upstream_connect_timeout');
  }

  #onReady(): void {
    if (this.#state !== CONNECTING) return;
    this.#state = IDLE;
    this.#owner.onConnected(this);
  }

  #onDrain(): void {
    if (this.#state === BUSY && this.#writer.onDrain()) this.#handler!.onUpstreamDrain();
  }

  #onBytes(count: number, buffer: Buffer): void {
    if (this.#state === BUSY) this.#settle(this.#reader.read(buffer, count));
    // Bytes nobody asked for would be taken for the answer to the next request.
    else if (this.#state === IDLE) this.#close();
  }

  #settle(outcome: ReadOutcome): void {
    if (outcome === READ.complete) this.#complete();
    else if (outcome === READ.failed) this.#fail(this.#reader.failure);
  }

  static #resumeLate(connection: Connection): void {
    if (connection.#state !== BUSY || !connection.#isResuming) return;
    connection.#isResuming = false;
    connection.#settle(connection.#reader.resume());
    // Also when the response is complete by now: a socket in the pool must be read, or it sees neither its end nor an answer.
    if (connection.#isClosed || connection.#reader.isPaused) return;
    if (connection.#endHeld) connection.#onEnd();
    else connection.#socket.resume();
  }

  /** The peer sent FIN: the end of a body that has no other end, an idle connection's quiet death, or a failure. */
  #onEnd(): void {
    if (this.#reader.isPaused) this.#endHeld = true;
    else if (this.#state === BUSY && this.#reader.endsAtClose && !this.#wasReset) this.#complete();
    else this.#onGone();
  }

  /** TLS hands over all it has decrypted, its end and its close, also while paused: what is held is still to be read. */
  #onClose(): void {
    const isHeld = this.#state === BUSY && this.#endHeld && this.#reader.isPaused;
    if (!isHeld) this.#onGone();
  }

  #onGone(): void {
    if (this.#state === CONNECTING)
      this.#failConnect(this.#hasTransport ? 'upstream_tls_failed' : 'upstream_connect_failed');
    else if (this.#state === BUSY) this.#fail(this.#reader.hasBegun ? 'upstream_truncated' : 'upstream_closed');
    else if (this.#state === IDLE) this.#close();
  }

  #complete(): void {
    const handler = this.#handler!;
    this.#responsesCompleted++;
    this.#endLease();
    const { head, hasSurplus } = this.#reader;
    if (head.persistent && !hasSurplus && !this.#endHeld && this.#writer.isFlushed) {
      this.#state = IDLE;
      this.#handler = null;
      this.#owner.onReleased(this);
    } else {
      this.#close();
    }
    handler.onResponseEnd();
  }

  #fail(code: ErrorCode): void {
    const handler = this.#handler!;
    this.lease?.fail(code);
    this.#close();
    handler.onUpstreamFailure(code);
  }

  #failConnect(code: ErrorCode): void {
    this.#state = CLOSED;
    this.#socket.destroy();
    this.#owner.onConnectFailed(this, code);
  }

  #endLease(): void {
    this.lease?.end();
    this.lease = null;
  }

  #close(): void {
    this.#state = CLOSED;
    this.#endLease();
    this.#handler = null;
    this.#isResuming = false;
    this.#reader.abandon();
    this.#writer.abandon();
    this.#socket.destroy();
    this.#owner.onClosed(this);
  }
}

/**
 * Whether the `end` that a socket just reported was a reset. libuv takes a reset that arrives together with bytes for an
 * orderly end (`uv__stream_io`, the short cut for POLLHUP), and so would half a body without a length pass for a whole one.
 * The kernel knows better: a connection that was reset has no peer any more.
 */
function isReset(socket: Socket): boolean {
  return socket.remoteAddress === undefined;
}
