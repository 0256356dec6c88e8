import type { Millis, MonotonicMs } from '../brand.ts';
import type { ClientCertificate } from '../decision/client-certificate.ts';
import type { Decision, PolicyRequest } from '../decision/decision.ts';
import { Forwarded } from '../decision/forwarded.ts';
import type { HeaderChanges } from '../decision/header-changes.ts';
import { pathParameter } from '../decision/route/path-parameter.ts';
import type { ErrorCode } from '../errors/table.ts';
import type { ExchangeRecord } from '../telemetry/exchange-record.ts';
import type { AcceptorContext } from './acceptor-context.ts';
import { Watched } from './deadlines.ts';
import type { Downstream } from './listener/downstream.ts';
import type { RecordedRequest } from './recording/recorded-request.ts';
import { RequestBody } from './request-body.ts';
import type { PacedBody } from './response/paced-body.ts';
import type { Route, Snapshot } from './snapshot.ts';
import type { ExchangeTrace } from './tracing/exchange-trace.ts';
import type { PendingConnection, UpstreamConnection } from './upstream/upstream.ts';
import { NONE_TRIED, type UpstreamGroup } from './upstream/upstream-group.ts';

/**
 * All that is known of one exchange. One shape for life: every field is set here, null for not yet. What happens to it
 * stands in pipeline.ts; when it ends, it is its own record for metrics and log.
 */
export abstract class ExchangeState extends Watched implements ExchangeRecord, PolicyRequest {
  readonly acceptor: AcceptorContext;
  readonly downstream: Downstream;
  /** The snapshot this exchange began with, and stays with. */
  readonly snapshot: Snapshot;
  readonly startedAt: MonotonicMs;
  /** Null: tracing is off. */
  readonly trace: ExchangeTrace | null;

  // Facts, filled in by admission.
  readonly method: string;
  host = '';
  path = '';
  query: string | null;
  requestId = '';
  clientIp: string;
  readonly forwarded = new Forwarded();

  // Decision.
  route: Route | null = null;
  upstream: UpstreamGroup | null = null;
  /** Null for a route without policies. */
  decision: Decision | null = null;

  /** Gives up what a policy waits for; null: none does. */
  cancelEffect: (() => void) | null = null;
  /** How much of the bodies a policy that wants them whole takes. */
  bodyLimit = Number.MAX_SAFE_INTEGER;
  responseBodyLimit = Number.MAX_SAFE_INTEGER;

  // Progress.
  /** Null when the request has no body. */
  readonly body: RequestBody | null;
  connection: UpstreamConnection | null = null;
  /** The wait for a connection that can be given up, or null. */
  wait: PendingConnection | null = null;
  endpoint: string | null = null;
  /** Indexes of the endpoints that failed this exchange. */
  triedEndpoints: ReadonlySet<number> = NONE_TRIED;
  /** The next attempt wants a new connection: the one before died in the pool. */
  wantsFreshConnection = false;
  attempts = 0;
  /** Its upstream is the one that stands in for the route's own. */
  hasFailedOver = false;
  /** What the gateway adds to the response's headers where no policy does; null: nothing. */
  responseChanges: HeaderChanges | null = null;
  /** True from the upstream's response head on: from there the client's response cannot be replaced. */
  responseBegun = false;
  /** True once the upstream's response is complete, whatever the client still has to read. */
  responseEnded = false;
  /** A response without a body, rendered and waiting for the upstream's end. */
  bodylessHead: Buffer | null = null;
  /** What that response declares as its length; -1: nothing. */
  declaredLength = -1;
  /** A body of the gateway's own that goes out piece by piece. */
  pacedBody: PacedBody | null = null;
  finished = false;
  /** What a recording keeps of it; null: it is not recorded. */
  recorded: RecordedRequest | null = null;

  // Record.
  status = 0;
  error: ErrorCode | null = null;
  bytesOut = 0;
  gatewayMs = 0 as Millis;
  upstreamMs = 0 as Millis;
  transferMs = 0 as Millis;
  /** When the wait for the upstream began that is still going on, or 0. */
  upstreamWaitFrom = 0 as MonotonicMs;
  headAt = 0 as MonotonicMs;

  constructor(acceptor: AcceptorContext, downstream: Downstream, now: MonotonicMs) {
    super();
    this.acceptor = acceptor;
    this.downstream = downstream;
    this.snapshot = acceptor.snapshot;
    this.startedAt = now;
    this.trace = acceptor.tracing === null ? null : acceptor.tracing.begin(downstream);
    this.method = downstream.head.method;
    this.query = downstream.head.query;
    this.clientIp = downstream.head.peer;
    this.body = downstream.head.contentLength === 0 ? null : new RequestBody(downstream);
  }

  get listener(): string {
    return this.downstream.listener.config.name;
  }

  get consumer(): string | null {
    return this.decision?.consumer?.name ?? null;
  }

  get traceId(): string | null {
    return this.trace === null ? null : this.trace.traceId;
  }

  get spanId(): string | null {
    return this.trace === null ? null : this.trace.spanId;
  }

  get dryRunRefusals(): number {
    return this.decision === null ? 0 : this.decision.dryRunRefusals;
  }

  get cacheResult(): 'hit' | 'miss' | null {
    return this.decision === null ? null : this.decision.cacheResult;
  }

  get scheme(): 'http' | 'https' {
    return this.forwarded.proto === 'https' ? 'https' : 'http';
  }

  get forwardedHost(): string {
    return this.forwarded.host;
  }

  get headers(): readonly string[] {
    return this.downstream.head.headers;
  }

  get clientCertificate(): ClientCertificate | null {
    return this.downstream.head.clientCertificate;
  }

  get authority(): string {
    return this.downstream.head.rawHost;
  }

  get bodyLength(): number {
    return this.downstream.head.contentLength;
  }

  pathParameter(name: string): string | null {
    return pathParameter(this.route!.path, this.path, name);
  }

  get bytesIn(): number {
    return this.body === null ? 0 : this.body.receivedBytes;
  }

  /** All values of an end-to-end request header joined by `, `, or null. */
  header(name: string): string | null {
    const { headers } = this.downstream.head;
    let joined: string | null = null;
    for (let i = 0; i < headers.length; i += 2) {
      if (headers[i] === name) joined = joined === null ? headers[i + 1]! : `${joined}, ${headers[i + 1]}`;
    }
    return joined;
  }

  /** Enters a phase that may last `limit`; 0: as long as the whole may. `code` says what is wrong when it lasts longer. */
  protected watch(code: ErrorCode, limit: Millis): void {
    this.phaseCode = code;
    this.phaseEndsAt = this.acceptor.exchanges.after(limit);
  }

  /** An upstream that takes the request, or is being sent it, is not idle even when its response stands still. */
  protected noteRequestProgress(): void {
    if (!this.responseBegun) this.watchRequest();
    else if (this.phaseCode === 'upstream_idle_timeout') this.watchUpstream();
  }

  /** Who is waited for while the request is on its way, and for how long. */
  protected watchRequest(): void {
    const { body, route, connection } = this;
    // Connecting and queueing have limits of their own, and the client may be the one who is made to wait.
    if (connection === null && this.phaseCode !== 'request_body_timeout') return;
    if (body?.isBlocked) this.watchUpstream();
    else if (body !== null && !body.isComplete)
      this.watch('request_body_timeout', this.downstream.listener.config.limits.bodyTimeout);
    else this.watch('upstream_head_timeout', route!.forward.headTimeout);
  }

  protected watchUpstream(): void {
    this.watch('upstream_idle_timeout', this.route!.forward.idleTimeout);
  }

  protected watchClient(): void {
    this.watch('client_stalled', this.downstream.listener.config.limits.bodyTimeout);
  }

  protected beginUpstreamWait(): void {
    this.upstreamWaitFrom = this.acceptor.now();
  }

  /** Adds a wait that is over, if there was one, to the upstream's account. @returns the time */
  protected endUpstreamWait(): MonotonicMs {
    if (this.upstreamWaitFrom === 0) return this.upstreamWaitFrom;
    const now = this.acceptor.now();
    this.upstreamMs = (this.upstreamMs + now - this.upstreamWaitFrom) as Millis;
    this.upstreamWaitFrom = 0 as MonotonicMs;
    return now;
  }

  /** Splits the time of an exchange that ends now; see exchange-record.ts for what belongs to what. */
  protected settleTimes(): void {
    this.endUpstreamWait();
    const now = this.acceptor.now();
    if (this.headAt > 0) this.transferMs = (now - this.headAt) as Millis;
    this.gatewayMs = (now - this.startedAt - this.upstreamMs - this.transferMs) as Millis;
  }
}
