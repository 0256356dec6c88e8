/**
 * The upstream side as the pipeline sees it: one interface for a connection that carries one request at a time, and one
 * for whoever receives its response. `connection.ts` implements the first over node:net and node:tls.
 */
import type { CompiledEndpoint } from '../../config/compiled.ts';
import type { ErrorCode } from '../../errors/table.ts';

/** How the end of a response body is known (RFC 9112, section 6.3). */
export type BodyFraming = 'none' | 'length' | 'chunked' | 'close';

/**
 * A parsed response head. One object per connection, refilled for each response: valid until the handler returns from
 * `onResponseHead`, except the plain fields, which keep their values until the next request is sent.
 */
export interface ResponseHead {
  /** 200 to 599, or 101 never (see LIMITS in connection.ts): interim responses are swallowed. */
  readonly status: number;
  /** Reason phrase as sent, latin1; may be empty. */
  readonly reason: string;
  readonly framing: BodyFraming;
  /** The declared length; also for HEAD and 304, where it describes a body that is not sent. -1: none declared. */
  readonly contentLength: number;
  /**
   * The whole response came in one read, so that `onResponseBody` (at most once) and `onResponseEnd` follow before the read
   * callback returns: a handler may hold the head back and write head and body at once. False says nothing.
   */
  readonly arrivedWhole: boolean;
  /** First value of a header (lower-case name) as latin1, or null. */
  header(name: string): string | null;
  /** All values of a header (lower-case name) joined by `, `, or null. */
  joinedHeader(name: string): string | null;
  /** Leaves every line of a header (lower-case name) out of the copy that is made next. */
  hide(name: string): void;
  /**
   * Copies status, reason and the end-to-end header lines, spelled and ordered as the upstream sent them, into `target` from
   * `offset` on: `200 OK CRLF name: value CRLF`. Left out: hop-by-hop headers and those Connection names, Content-Length, Transfer-Encoding,
   * Trailer, and Date (the downstream writes its own).
   *
   * @returns the offset behind the last byte written, or -1 when they do not fit
   */
  copyStatusAndHeaders(target: Buffer, offset: number): number;
}

/**
 * Receives one response. All calls come from the socket's events or from a later turn of the loop, never from inside a
 * method of the connection. None comes between `pause` and `resume`, except `onUpstreamFailure` and `onUpstreamDrain`.
 */
export interface ResponseHandler {
  onResponseHead(head: ResponseHead): void;
  /** A piece of the decoded body: a view of a buffer that is reused as soon as the handler returns. Never empty. */
  onResponseBody(chunk: Buffer): void;
  /** The response is complete. The connection is already back in its pool, or closed when it cannot be reused. */
  onResponseEnd(): void;
  /** The response will not be completed. The connection is gone. Called at most once, never after `onResponseEnd`. */
  onUpstreamFailure(code: ErrorCode): void;
  /** The socket's write buffer has drained after `writeBody` returned false. */
  onUpstreamDrain(): void;
}

/** A connection to one endpoint, leased to one exchange at a time. */
export interface UpstreamConnection {
  readonly endpoint: CompiledEndpoint;
  /** Its place among the upstream's endpoints, for the set of endpoints tried. */
  readonly endpointIndex: number;
  /** True when a response was completed on it before: a failure without an answer may then be the keep-alive race. */
  readonly reused: boolean;
  /** True once a byte of the response to the current request has arrived. */
  readonly responseBegun: boolean;
  /** False while not one byte of the current request can have reached the peer, so that any method may be repeated. */
  readonly requestReachedPeer: boolean;

  /**
   * Sends a request head, with its body to follow by `writeBody` when `hasBody`. The head is held back for the first
   * piece of the body for at most one turn of the loop, so that both leave in one system call.
   *
   * @param head latin1 text from the request line to the empty line, framing headers included, already validated
   * @param isHead the request's method is HEAD: its response has no body whatever its headers say
   */
  send(head: string, hasBody: boolean, isHead: boolean, handler: ResponseHandler): void;
  /**
   * Queues a piece of the body, framed by the caller. The buffer must not change until `isDrained`. Text (latin1) is taken for
   * framing: it is held back like the head, for the bytes that follow it. Does nothing once the connection is closed.
   *
   * @returns false: wait for `onUpstreamDrain`
   */
  writeBody(chunk: Buffer | string): boolean;
  /** The kernel has every byte that was written, so that the buffers they were in may be used again. */
  readonly isDrained: boolean;
  /** The request is complete: from now on the response's end frees the connection. */
  endBody(): void;
  /** Stop and go on reading the response. Idempotent. */
  pause(): void;
  resume(): void;
  /**
   * Gives up on the exchange and closes the socket at once. No handler call follows.
   *
   * @param code why, where that may be the endpoint's doing
   */
  destroy(code?: ErrorCode | null): void;
}

/**
 * Receives a connection, or the reason there is none: exactly one call, unless the wait is cancelled. Only `onConnection` may
 * come from inside `acquire`, when an idle connection is at hand. The receiver calls `send` or `destroy` before it returns.
 */
export interface ConnectionWaiter {
  onConnection(connection: UpstreamConnection): void;
  /** @param endpointIndex the endpoint that failed; -1 when it was not an endpoint's doing (queue full, waited too long) */
  onNoConnection(code: ErrorCode, endpointIndex: number): void;
}

/** A wait that can be given up. */
export interface PendingConnection {
  /** The waiter hears nothing more. Does nothing when it was served or refused already. */
  cancel(): void;
}
