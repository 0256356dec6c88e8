/**
 * The client side of an exchange as the pipeline sees it. `uws/` is the first implementation; another kind of listener
 * (HTTP/2, HTTP/1.0) implements these same interfaces and nothing behind them changes.
 *
 *   listener --- Downstream ---> DownstreamHandler (the exchange)
 *     request head, checked        onRequestBody(chunk, isLast)
 *     pauseBody / resumeBody       onWritable()
 *     respond / begin+write+end    onAborted()
 *     abort
 */
import type { CompiledListener } from '../../config/compiled.ts';
import type { CidrSet } from '../../decision/cidr.ts';
import type { ClientCertificate } from '../../decision/client-certificate.ts';
import type { ForwardedFacts } from '../../decision/forwarded.ts';
import type { ErrorCode } from '../../errors/table.ts';

/** One listener of the current snapshot, prepared for use on the request path. */
export interface ListenerContext {
  readonly config: CompiledListener;
  /** Peers whose claims are believed; empty: nobody's. */
  readonly trustedProxies: CidrSet;
  readonly secure: boolean;
}

/**
 * A request head as the listener read it. Headers the gateway itself acts on stand in fields of their own and are not
 * among `headers`, which holds the end-to-end ones in the order they came.
 */
export interface RequestHead extends ForwardedFacts {
  /** What is wrong with the head, or null. With a fault only `peer`, `method` and `rawPath` are to be relied on. */
  fault: ErrorCode | null;
  method: string;
  /** The path as sent, up to `?`. */
  rawPath: string;
  /** What follows the first `?`, or null when there is none. */
  query: string | null;
  /** Address of the TCP peer; empty on a unix socket. */
  peer: string;
  scheme: 'http' | 'https';
  /** Host header as sent. */
  rawHost: string;
  /** Lower-case names and values alternate. Latin1: one character a byte. */
  headers: string[];
  /** The declared length; 0 without a body, -1 when the body is chunked. */
  contentLength: number;
  /** What the client has shown in its handshake; null: nothing, or the listener does not ask. */
  clientCertificate: ClientCertificate | null;
  /** The client asks for the connection to end with this response. */
  wantsClose: boolean;
  /** X-Forwarded-For, -Proto, -Host, Via and X-Request-Id as the peer sent them: claims, not facts. */
  forwardedFor: string | null;
  forwardedProto: string | null;
  forwardedHost: string | null;
  via: string | null;
  requestId: string | null;
}

export interface Downstream {
  readonly head: RequestHead;
  readonly listener: ListenerContext;

  /** Stops and goes on delivering the request body. Idempotent. */
  pauseBody(): void;
  resumeBody(): void;
  /** Tells the listener that a slow upload is alive by the gateway's own clock, whatever timers the listener has. */
  keepBodyAlive(): void;

  /**
   * Answers with a whole response. Nothing may be called afterwards.
   *
   * @param head status and header lines in HTTP/1.1 text, `200 OK CRLF name: value CRLF name: value`: no version before, no
   *   CRLF behind, no framing, no Date; validated, latin1. Must stay unchanged until the response is sent.
   * @param body null for an answer that has none by definition (HEAD, 204, 304)
   * @param contentLength what to declare when `body` is null; -1: nothing
   * @param close also end the connection
   */
  respond(head: Buffer, body: Buffer | null, contentLength: number, close: boolean): void;

  /**
   * Begins a streamed response. The head leaves with the first piece of the body (uWS cannot send it alone).
   *
   * @param head as for `respond`
   * @param contentLength of the whole body, or -1 when it is not known: it is then sent chunked
   */
  begin(head: Buffer, contentLength: number, close: boolean): void;
  /** Sends a piece of the body, never empty; what the socket does not take is copied. False: no more until `onWritable`. */
  write(chunk: Buffer): boolean;
  /** No more pieces will come. True: the response is complete; false: it will be at the next `onWritable`. */
  end(): boolean;
  /** Cuts the connection so that the client sees an incomplete response. No handler call follows. */
  abort(): void;
}

/** What the listener tells the owner of a request. No call comes before the listener's own handler has returned. */
export interface DownstreamHandler {
  /** A piece of the request body, in memory that is gone when the handler returns. May be empty when `isLast`. */
  onRequestBody(chunk: Buffer, isLast: boolean): void;
  /** All that `write` had to hold back is with the kernel now. */
  onWritable(): void;
  /** The client is gone. Nothing of the downstream may be called any more. */
  onAborted(): void;
}

/** Makes the owner of a new request. Called once per request head, from the listener's read callback. */
export type ExchangeStarter = (downstream: Downstream) => DownstreamHandler;
