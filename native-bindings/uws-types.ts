/**
 * The part of uWebSockets.js that this gateway uses, as version 20.57 was seen to behave. Our own, because the package's
 * declarations lack half of it. What is only in the examined build, not in the official one, is optional.
 *
 * Absent on purpose: `removeServerName` (a use-after-free on a live app), `H3App` (experimental upstream), `listen` (sockets
 * are adopted), pub/sub.
 */

/** Text, written as UTF-8, or bytes, written as they are. Views are read at their offset and length, and copied. */
export type UwsBytes = string | ArrayBuffer | Uint8Array;

export interface Uws {
  App(): TemplatedApp;
  /** Throws `App construction failed` for a certificate, key or CA that does not load. No ALPN: HTTP/1.1 only. */
  SSLApp(options: TlsFiles): TemplatedApp;
  /** Undocumented; `silent` drops the `uWebSockets` response header. */
  _cfg(word: string): void;
}

export interface TlsFiles {
  readonly cert_file_name?: string;
  readonly key_file_name?: string;
  readonly passphrase?: string;
  /** Makes the server ask for a client certificate, which stays optional; only the default context decides. */
  readonly ca_file_name?: string;
  readonly dh_params_file_name?: string;
  readonly ssl_ciphers?: string;
}

export type RequestHandler = (res: HttpResponse, req: HttpRequest) => void;

export interface TemplatedApp {
  /**
   * Every method. The handler's first statement must be `res.onAborted(...)`, and it must not throw: before that, a throw
   * aborts the process. Body chunks are lost unless `res.onData` is called before it returns.
   */
  any(pattern: string, handler: RequestHandler): this;
  get(pattern: string, handler: RequestHandler): this;
  /**
   * Called with +1 for each connection, before any TLS handshake, and with -1 when it is gone. `res.close()` on +1 turns it away. The object must not be kept: it is not the one of -1, and dangles afterwards.
   */
  filter(handler: (res: HttpResponse, change: 1 | -1) => void): this;
  /** Serves an accepted, non-blocking socket. The app owns and closes the descriptor from here on. */
  adoptSocket(fd: number): this;
  /** Routes added next belong to this server name; '' returns to the default. Prints a line to stdout. */
  domain(serverName: string): this;
  /** Silently does nothing for a name that is there already or files that do not load. */
  addServerName(pattern: string, options: TlsFiles): this;
  /** Called for an unknown name in a TLS handshake; `addServerName` inside takes effect at once. Names are case-sensitive. */
  missingServerName(handler: (serverName: string) => void): this;
  /** Closes every connection at once. */
  close(): this;
  /** Seconds (rounded up to 4) until the first whole head, and between pieces of a body; 0: none. Default 30. Not in the official build. */
  setIdleTimeout?(seconds: number): this;
  /** Seconds a kept-alive connection may idle after a response, or stall while one is written. Default 30. Not in the official build. */
  setResponseTimeout?(seconds: number): this;
}

/** Valid until the handler returns; later calls throw. */
export interface HttpRequest {
  /** In lower case. Lower-cases the buffer in place: call `getCaseSensitiveMethod` before it. */
  getMethod(): string;
  getCaseSensitiveMethod(): string;
  /** The path with everything in it but the query, `#fragment` included; invalid UTF-8 becomes U+FFFD. */
  getUrl(): string;
  /** Undefined without `?`, empty for a bare `?`. */
  getQuery(): string | undefined;
  /** First value under a lower-case name, as latin1; '' when absent. Bytes from 0x80 on at either end are trimmed away. */
  getHeader(lowerCaseName: string): string;
  /** Every header in order, repeated ones too; names in lower case, values decoded as UTF-8. */
  forEach(visit: (lowerCaseName: string, value: string) => void): void;
}

/** Every method throws after the response has ended or was aborted. */
export interface HttpResponse {
  /** `200 OK`. Nothing checks for line breaks, here or in `writeHeader`. */
  writeStatus(status: UwsBytes): this;
  writeHeader(name: UwsBytes, value: UwsBytes): this;
  /** Chunked. False: buffered. At most one call a `cork`, of at most 15 KiB: more may be lost when the reader is slow. */
  write(chunk: UwsBytes): boolean;
  /** Ends with this body and its Content-Length, or ends the chunked body. */
  end(body?: UwsBytes, closeConnection?: boolean): this;
  /** For HEAD, 204 and 304. Never pass undefined for the length: call it without arguments. */
  endWithoutBody(): this;
  endWithoutBody(contentLength: number, closeConnection?: boolean): this;
  /** A piece of a body of known length: [all of it was taken, the response is complete]. Never an empty piece. Cannot close. */
  tryEnd(chunk: UwsBytes, totalBytes: number): [ok: boolean, done: boolean];
  /** Runs `write` with all its output in one buffer, synchronously. */
  cork(write: () => void): this;
  /** Ends the connection; calls the `onAborted` handler before it returns. */
  close(): this;
  /** Stops reading the body. A client that goes away is not noticed until `resume`. */
  pause(): this;
  /** Only after `pause`: without one the connection is never read again. */
  resume(): this;
  /** The chunk is detached when the handler returns: copy what is kept. */
  onData(handler: (chunk: ArrayBuffer, isLast: boolean) => void): this;
  /** A second handler replaces the first. */
  onAborted(handler: () => void): this;
  /** `offset` counts body bytes. True: nothing more to write for now. */
  onWritable(handler: (offset: number) => boolean): this;
  getWriteOffset(): number;
  /** 4 or 16 bytes; empty for a unix socket. */
  getRemoteAddress(): ArrayBuffer;
  getRemoteAddressAsText(): ArrayBuffer;
  /** The client's certificate as PEM, '' without one. On an SSL app only. */
  getX509Certificate?(): string;
}
