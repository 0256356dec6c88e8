/**
 * Requests without a client: they take a connection of an upstream like any other, and nobody hears of what becomes of them
 * but the policy that asked.
 *
 *   send ──► acquire ──► onConnection: head and body ──► head, body, end ──► onResponse(response)
 *              └── no connection, failure, too late, body too long ─────────► onResponse(null)
 */
import type { SideRequest, SideRequests, SideResponse } from '../../decision/policies/host.ts';
import type { ErrorCode } from '../../errors/table.ts';
import type { AcceptorContext } from '../acceptor-context.ts';
import { renderRequestHead } from '../upstream/request-head.ts';
import type {
  ConnectionWaiter,
  PendingConnection,
  ResponseHandler,
  ResponseHead,
  UpstreamConnection,
} from '../upstream/upstream.ts';
import { NONE_TRIED, type UpstreamGroup } from '../upstream/upstream-group.ts';

/** Side requests of one acceptor at a time: what they hold is bounded, however slow the upstream is that they go to. */
const MAX_IN_FLIGHT = 256;
const MAX_HEAD_BYTES = 128 * 1024;

type Then = (response: SideResponse | null) => void;

/** Sends side requests for the policies of one acceptor. */
export class SideRequestSender implements SideRequests {
  readonly #acceptor: AcceptorContext;
  #inFlight = 0;

  constructor(acceptor: AcceptorContext) {
    this.#acceptor = acceptor;
  }

  send(request: SideRequest, onResponse?: Then): boolean {
    const upstream = this.#acceptor.snapshot.upstreams.find(({ name }) => name === request.upstream);
    if (upstream === undefined || this.#inFlight >= MAX_IN_FLIGHT) return false;
    this.#inFlight++;
    const exchange = new SideExchange(request, this.#acceptor.viaPseudonym, onResponse ?? null, () => this.#inFlight--);
    exchange.begin(upstream);
    return true;
  }
}

class SideExchange implements ConnectionWaiter, ResponseHandler {
  readonly #request: SideRequest;
  readonly #viaPseudonym: string;
  readonly #then: Then | null;
  readonly #onEnd: () => void;
  readonly #timer: NodeJS.Timeout;
  /** Null once a second attempt was made. */
  #upstream: UpstreamGroup | null = null;
  #wait: PendingConnection | null = null;
  #connection: UpstreamConnection | null = null;
  #finished = false;
  #status = 0;
  #headers: readonly string[] = [];
  #body: Buffer[] = [];
  #bodyBytes = 0;

  constructor(request: SideRequest, viaPseudonym: string, then: Then | null, onEnd: () => void) {
    this.#request = request;
    this.#viaPseudonym = viaPseudonym;
    this.#then = then;
    this.#onEnd = onEnd;
    this.#timer = setTimeout(() => this.#giveUp(), request.timeoutMs);
    // An acceptor that leaves does not wait for it.
    this.#timer.unref();
  }

  get #bodyLimit(): number {
    return this.#request.maxResponseBytes ?? Number.POSITIVE_INFINITY;
  }

  begin(upstream: UpstreamGroup): void {
    this.#acquire(upstream, false);
  }

  #acquire(upstream: UpstreamGroup, fresh: boolean): void {
    this.#upstream = fresh ? null : upstream;
    const wait = upstream.acquire(NONE_TRIED, fresh, this);
    if (this.#connection === null) this.#wait = wait;
  }

  onConnection(connection: UpstreamConnection): void {
    const { body, method } = this.#request;
    this.#wait = null;
    this.#connection = connection;
    connection.send(this.#renderHead(connection), body !== null, method === 'HEAD', this);
    if (body === null) return;
    connection.writeBody(body);
    connection.endBody();
  }

  #renderHead({ endpoint: { host, port } }: UpstreamConnection): string {
    const request = this.#request;
    return renderRequestHead({
      method: request.method,
      target: request.target,
      host: request.host ?? `${host.includes(':') ? `[${host}]` : host}:${port}`,
      headers: request.headers,
      changes: null,
      ownLines: `via: 1.1 ${this.#viaPseudonym}\r\n`,
      bodyLength: request.body === null ? null : request.body.length,
    });
  }

  onNoConnection(): void {
    this.#wait = null;
    this.#finish(null);
  }

  onResponseHead(head: ResponseHead): void {
    if (this.#then === null) return;
    const headers = copyHeaders(head);
    if (headers === null || (head.framing !== 'none' && head.contentLength > this.#bodyLimit)) {
      this.#giveUp();
      return;
    }
    this.#status = head.status;
    this.#headers = headers;
  }

  onResponseBody(chunk: Buffer): void {
    if (this.#then === null || this.#request.maxResponseBytes === null) return;
    this.#bodyBytes += chunk.length;
    if (this.#bodyBytes > this.#bodyLimit) this.#giveUp();
    else this.#body.push(Buffer.from(chunk));
  }

  onResponseEnd(): void {
    this.#connection = null;
    if (this.#then === null) this.#finish(null);
    else this.#finish({ status: this.#status, headers: this.#headers, body: Buffer.concat(this.#body) });
  }

  onUpstreamFailure(code: ErrorCode): void {
    const connection = this.#connection!;
    const upstream = this.#upstream;
    this.#connection = null;
    // A kept-alive connection that closed at the same moment (RFC 9112, section 9.3.1): once more, on a new one.
    const isRace = code === 'upstream_closed' && connection.reused && this.#request.body === null;
    if (isRace && upstream !== null) this.#acquire(upstream, true);
    else this.#finish(null);
  }

  onUpstreamDrain(): void {}

  #giveUp(): void {
    this.#wait?.cancel();
    this.#connection?.destroy();
    this.#finish(null);
  }

  #finish(response: SideResponse | null): void {
    if (this.#finished) return;
    this.#finished = true;
    this.#connection = null;
    clearTimeout(this.#timer);
    this.#onEnd();
    this.#then?.(response);
  }
}

/** End-to-end headers with lower-case names, and Date, which a copy for clients leaves out; null when they are too large. */
function copyHeaders(head: ResponseHead): readonly string[] | null {
  const bytes = Buffer.allocUnsafe(MAX_HEAD_BYTES);
  const end = head.copyStatusAndHeaders(bytes, 0);
  if (end < 0) return null;
  const lines = bytes.toString('latin1', 0, end).split('\r\n').slice(1, -1);
  const headers = lines.flatMap((line) => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
  });
  const date = head.header('date');
  return date === null ? headers : [...headers, 'date', date];
}
