import type { Socket } from 'node:net';
import { openSocket, readyEvent, type SocketTarget, socketTarget } from '../../src/acceptor/upstream/open-socket.ts';
import { READ, ResponseReader, type ResponseReceiver } from '../../src/acceptor/upstream/response-reader.ts';
import type { ResponseHead } from '../../src/acceptor/upstream/upstream.ts';
import type { FailureKind, LoadPlan } from './workload.ts';
import type { LoadRequest } from './workload-line.ts';

/** What a body nobody kept is made of. */
const FILLER = Buffer.alloc(64 * 1024, 'penstock ');

/** Codes of errors by which the machine, not the gateway, kept a connection from being made. */
const OUT_OF_RESOURCES: ReadonlySet<string> = new Set(['EMFILE', 'ENFILE', 'EADDRNOTAVAIL', 'ENOBUFS', 'ENOMEM']);

/** No code of an error is as long. */
const MAX_CODE_CHARS = 64;

/** One request on its way. */
export class Exchange {
  readonly request: LoadRequest;
  /** From where its latency is counted, on the clock of `performance.now()`. */
  readonly dueAt: number;
  /** In which of the seconds that are measured it was due; -1: in none. */
  readonly second: number;

  constructor(request: LoadRequest, dueAt: number, second: number) {
    this.request = request;
    this.dueAt = dueAt;
    this.second = second;
  }
}

/** Whoever gives connections their requests. A connection's last call is `onClosed`. */
export interface ConnectionOwner {
  /** @param reusable false: `onClosed` follows */
  onAnswered(connection: LoadConnection, exchange: Exchange, reusable: boolean): void;
  /** `onClosed` follows. */
  onFailed(exchange: Exchange, kind: FailureKind): void;
  onClosed(connection: LoadConnection): void;
  /** The machine has no more of something, by the code of the error. */
  onOutOfResources(code: string): void;
}

export type LoadTarget = SocketTarget<{ readonly host: string; readonly port: number }>;

/** Where a plan's requests go. TLS sessions are resumed, certificates not checked. */
export function loadTarget({ host, port, tls }: LoadPlan): LoadTarget {
  return socketTarget(
    { host, port },
    tls ? { serverName: null, verify: false, authorities: null, identity: null } : null,
  );
}

/**
 * One connection to the gateway, with at most one request on its way. Requests given to it before it is connected wait in the
 * socket. Responses are read as strictly as the gateway reads its upstreams', and nothing of a body is kept.
 */
export class LoadConnection implements ResponseReceiver {
  /** Null: idle. */
  exchange: Exchange | null = null;
  /** Of the last answer. */
  status = 0;
  errorCode: string | null = null;
  bodyBytes = 0;

  readonly #owner: ConnectionOwner;
  readonly #plan: LoadPlan;
  readonly #socket: Socket;
  readonly #reader = new ResponseReader();
  #answers = 0;
  #fillerLeft = 0;
  #isConnected = false;
  #isClosed = false;
  /** When a slow client may read on; 0: it is not held back. */
  #readsAgainAt = 0;

  constructor(target: LoadTarget, plan: LoadPlan, owner: ConnectionOwner) {
    this.#owner = owner;
    this.#plan = plan;
    this.#socket = openSocket(target, (count, buffer) => this.#onBytes(count, buffer))
      .on(readyEvent(target), () => {
        this.#isConnected = true;
      })
      .on('drain', () => this.#writeFiller())
      .on('end', () => this.#onEnd())
      .on('error', (error: NodeJS.ErrnoException) => this.#onError(error))
      .on('close', () => this.#endWith('closed'));
  }

  send(exchange: Exchange): void {
    const { bytes, fillerBytes, bodyless } = exchange.request;
    this.exchange = exchange;
    this.status = 0;
    this.errorCode = null;
    this.bodyBytes = 0;
    this.#reader.begin(this, bodyless);
    this.#fillerLeft = fillerBytes;
    if (fillerBytes === 0) {
      this.#socket.write(bytes, 'latin1');
      return;
    }
    this.#socket.cork();
    this.#socket.write(bytes, 'latin1');
    this.#writeFiller();
    this.#socket.uncork();
  }

  /** Gives up on what is on its way, which has failed so. */
  abort(kind: FailureKind): void {
    this.#endWith(kind);
  }

  /** Lets a slow client read on when its time has come. */
  readOn(now: number): void {
    if (this.#readsAgainAt === 0 || now < this.#readsAgainAt) return;
    this.#readsAgainAt = 0;
    this.#socket.resume();
  }

  onResponseHead(head: ResponseHead): void {
    this.status = head.status;
    this.errorCode = head.header('penstock-error')?.slice(0, MAX_CODE_CHARS) ?? null;
  }

  onResponseBody(chunk: Buffer): void {
    this.bodyBytes += chunk.length;
  }

  /** The socket asks for more with `drain` when it refuses to take more at once. */
  #writeFiller(): void {
    while (this.#fillerLeft > 0) {
      const piece = this.#fillerLeft < FILLER.length ? FILLER.subarray(0, this.#fillerLeft) : FILLER;
      this.#fillerLeft -= piece.length;
      if (!this.#socket.write(piece)) return;
    }
  }

  #onBytes(count: number, buffer: Buffer): void {
    if (this.#isClosed) return;
    if (this.exchange === null) {
      // Nobody asked for them: they would be taken for the answer to the next request.
      this.#close();
      return;
    }
    const outcome = this.#reader.read(buffer, count);
    if (outcome === READ.failed) this.#endWith('malformed');
    else if (outcome === READ.complete) this.#complete();
    else if (this.#plan.readBytesPerSecond !== null) this.#holdBack(count, this.#plan.readBytesPerSecond);
  }

  #holdBack(count: number, bytesPerSecond: number): void {
    this.#socket.pause();
    // TLS hands over what it had decrypted already, in several pieces.
    this.#readsAgainAt = Math.max(performance.now(), this.#readsAgainAt) + (count / bytesPerSecond) * 1_000;
  }

  #complete(): void {
    if (this.#reader.hasSurplus) {
      this.#endWith('malformed');
      return;
    }
    const exchange = this.exchange!;
    this.exchange = null;
    this.#answers++;
    const isWritten = this.#fillerLeft === 0 && this.#socket.writableLength === 0;
    const reusable = isWritten && this.#reader.head.persistent && this.#answers !== this.#plan.requestsPerConnection;
    this.#owner.onAnswered(this, exchange, reusable);
    if (!reusable) this.#close();
  }

  #onEnd(): void {
    const isComplete = this.exchange !== null && this.#reader.endsAtClose;
    // A reset that came together with bytes is reported as an end, but leaves the socket without a peer.
    const wasReset = this.#socket.remoteAddress === undefined;
    if (isComplete && !wasReset) this.#complete();
    else this.#endWith(wasReset ? 'reset' : 'closed');
  }

  #onError(error: NodeJS.ErrnoException): void {
    if (OUT_OF_RESOURCES.has(error.code ?? '')) this.#owner.onOutOfResources(error.code!);
    this.#endWith(this.#isConnected ? 'reset' : 'refused');
  }

  /** The end of the connection; what was on its way has failed. */
  #endWith(kind: FailureKind): void {
    const exchange = this.exchange;
    this.exchange = null;
    if (exchange !== null) this.#owner.onFailed(exchange, kind);
    this.#close();
  }

  #close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#reader.abandon();
    this.#socket.destroy();
    this.#owner.onClosed(this);
  }
}
