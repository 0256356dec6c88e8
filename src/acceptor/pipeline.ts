/**
 * THE STORY of a request, top to bottom.
 *
 *   begin ── admit ── find route ── request policies ──┬── answer ───────────────────────────────┐
 *                                                      └── forward ◄─────────────┐               │
 *                                                            │ onConnection      │ retry         │
 *                                                            │ onResponseHead    │               ▼
 *                                                            │ onResponseBody    ├── fail ──► finish
 *                                                            ▼ onResponseEnd     │               ▲
 *                                                          complete ─────────────┴───────────────┘
 *
 * Each stage runs to its end without waiting; whatever waits is an event with a name below. A stage that refuses returns an
 * error code. Every path ends in `finish`, once.
 */
import { ERRORS, type ErrorCode } from '../errors/table.ts';
import { admit } from './admission.ts';
import { afterBackoff, afterFailure, firstUpstream } from './attempts.ts';
import { DecidedExchange } from './decided-exchange.ts';
import { renderForwardHead } from './forward-head.ts';
import type { DownstreamHandler } from './listener/downstream.ts';
import { UpstreamResponse } from './policies/upstream-response.ts';
import { type Answer, answerFor } from './response/answer.ts';
import { renderResponseHead } from './response/render-head.ts';
import type { ConnectionWaiter, ResponseHandler, ResponseHead, UpstreamConnection } from './upstream/upstream.ts';

const NO_BYTES = Buffer.alloc(0);
/** What a client may still have to send for its connection to be worth keeping. */
const DRAINABLE_BYTES = 64 * 1024;

/** One request with its response. */
export class Exchange extends DecidedExchange implements DownstreamHandler, ConnectionWaiter, ResponseHandler {
  // ── 1. The request ────────────────────────────────────────────────────────────────────────────────────────────────

  /** A request head has arrived. Runs in the listener's callback. */
  begin(): void {
    this.acceptor.exchanges.add(this);
    if (this.acceptor.recorder !== null) this.acceptor.recorder.begin(this);
    const refusal = admit(this) ?? this.#findRoute();
    if (refusal !== null) this.answer(refusal);
    else if (this.route!.chain !== null) this.askPolicies();
    else this.forward();
  }

  #findRoute(): ErrorCode | null {
    const route = this.snapshot.findRoute(this);
    if (route === null) return this.snapshot.allowedMethods(this).length > 0 ? 'method_not_allowed' : 'route_not_found';
    this.route = route;
    this.endsAt = this.acceptor.exchanges.after(route.forward.timeout);
    return route.isKilled ? 'route_disabled' : null;
  }

  /** A piece of the request body. */
  onRequestBody(chunk: Buffer, isLast: boolean): void {
    const body = this.body!;
    const limit = Math.min(this.downstream.listener.config.limits.bodyBytes, this.bodyLimit);
    const isTooLarge = body.receivedBytes + chunk.length > limit;
    if (isTooLarge && !this.finished) {
      this.#giveUp('request_body_too_large');
      return;
    }
    body.receive(chunk, isLast);
    if (!this.finished) this.noteRequestProgress();
  }

  // ── 2. The upstream ───────────────────────────────────────────────────────────────────────────────────────────────

  protected forward(): void {
    this.upstream ??= firstUpstream(this);
    if (this.upstream === null) {
      this.answer('no_upstream');
      return;
    }
    this.attempts++;
    this.trace?.beginAttempt(this.acceptor.now());
    this.wait = this.upstream.acquire(this.triedEndpoints, this.wantsFreshConnection, this, this.upstream.keyFor(this));
    if (this.wait !== null) this.beginUpstreamWait();
  }

  onConnection(connection: UpstreamConnection): void {
    this.wait = null;
    this.endUpstreamWait();
    this.connection = connection;
    this.endpoint = connection.endpoint.name;
    this.trace?.onEndpoint(this.endpoint);
    connection.send(renderForwardHead(this), this.body !== null, this.method === 'HEAD', this);
    this.body?.sendTo(connection);
    this.beginUpstreamWait();
    this.watchRequest();
  }

  onNoConnection(code: ErrorCode, endpointIndex: number): void {
    this.wait = null;
    if (endpointIndex >= 0) this.trace?.onEndpoint(this.upstream!.upstream.endpoints[endpointIndex]!.name);
    this.#fail(code, endpointIndex);
  }

  onUpstreamDrain(): void {
    this.body?.onDrain();
    this.noteRequestProgress();
  }

  // ── 3. The response ───────────────────────────────────────────────────────────────────────────────────────────────

  onResponseHead(head: ResponseHead): void {
    this.headAt = this.endUpstreamWait();
    this.trace?.onResponseHead(head.status);
    if (this.route!.forward.retry !== null && this.#tryAgain(head.status)) return;
    if (this.decision !== null && this.route!.chain!.hasResponse) {
      this.askAboutUpstream(new UpstreamResponse(head));
      return;
    }
    const changes = this.decision === null ? this.responseChanges : this.decision.responseHeaderChanges;
    const rendered = renderResponseHead(head, this.requestId, changes);
    this.beginResponse(head.status, rendered, head.contentLength, head.framing === 'none');
  }

  protected beginResponse(status: number, head: Buffer | null, contentLength: number, isBodyless: boolean): void {
    if (head === null) {
      this.connection!.destroy();
      this.#fail('upstream_response_too_large', -1);
      return;
    }
    this.responseBegun = true;
    this.status = status;
    this.body?.giveUpReplay();
    if (isBodyless) {
      this.bodylessHead = head;
      this.declaredLength = status === 204 ? -1 : contentLength;
    } else this.downstream.begin(head, contentLength, this.mustClose());
    this.watch('upstream_idle_timeout', this.route!.forward.idleTimeout);
  }

  onResponseBody(chunk: Buffer): void {
    if (this.decision !== null && this.holdsResponseBody(chunk)) return;
    this.bytesOut += chunk.length;
    if (this.downstream.write(chunk)) {
      this.phaseEndsAt = this.acceptor.exchanges.after(this.route!.forward.idleTimeout);
      return;
    }
    this.connection!.pause();
    this.watchClient();
  }

  /** The client has taken what was held back for it. */
  onWritable(): void {
    if (this.responseEnded) {
      this.finish(null);
      return;
    }
    if (this.pacedBody !== null) {
      this.sendPieces();
      return;
    }
    this.watchUpstream();
    this.connection?.resume();
  }

  /** Whether this response must be the connection's last: the gateway is leaving, or the client sends what nobody will read. */
  protected mustClose(): boolean {
    const { body, downstream, acceptor } = this;
    if (acceptor.isDraining) return true;
    if (body === null || body.isComplete) return false;
    return downstream.head.contentLength < 0 || downstream.head.contentLength - body.receivedBytes > DRAINABLE_BYTES;
  }

  onResponseEnd(): void {
    this.connection = null;
    this.trace?.endAttempt(this.acceptor.now(), null);
    this.body?.discard();
    if (this.decision !== null && this.takesResponseEnd()) return;
    this.responseEnded = true;
    if (this.bodylessHead !== null) {
      const body = this.method === 'HEAD' || this.status === 204 || this.status === 304 ? null : NO_BYTES;
      this.downstream.respond(this.bodylessHead, body, this.declaredLength, this.mustClose());
    } else if (!this.downstream.end()) {
      this.watchClient();
      return;
    }
    this.finish(null);
  }

  // ── 4. What can go wrong ──────────────────────────────────────────────────────────────────────────────────────────

  onUpstreamFailure(code: ErrorCode): void {
    this.#fail(code, this.connection!.endpointIndex);
  }

  /** The client is gone: so is any reason to go on. */
  onAborted(): void {
    if (!this.finished) this.finish('client_aborted');
  }

  override expire(code: ErrorCode): void {
    const isAttempts = code === 'upstream_head_timeout' && !this.responseBegun;
    if (!isAttempts || !this.#tryAgain(code)) this.#giveUp(code);
  }

  override onSlowSweep(): void {
    if (this.body !== null && !this.body.isComplete) this.body.keepAlive();
  }

  /** An attempt has failed: try again where that is safe, otherwise tell the client in the way that is still open. */
  #fail(code: ErrorCode, endpointIndex: number): void {
    const verdict = afterFailure(this, code);
    this.connection = null;
    this.body?.detach();
    this.endUpstreamWait();
    if (verdict === 'give-up') this.#giveUp(code);
    else this.#forwardAgain(verdict === 'retry-fresh', verdict === 'fail-over' ? -1 : endpointIndex);
  }

  /** An answer that may be no use, or does not come. False: the client is to have it, or to hear of it. */
  #tryAgain(reason: ErrorCode | number): boolean {
    const { connection } = this;
    const verdict = afterFailure(this, reason);
    if (verdict === 'give-up' || connection === null) return false;
    this.connection = null;
    this.body?.detach();
    this.endUpstreamWait();
    connection.destroy(typeof reason === 'number' ? null : reason);
    this.#forwardAgain(false, verdict === 'fail-over' ? -1 : connection.endpointIndex);
    return true;
  }

  #forwardAgain(fresh: boolean, failedEndpoint: number): void {
    this.unwatch();
    if (failedEndpoint >= 0) this.triedEndpoints = new Set(this.triedEndpoints).add(failedEndpoint);
    this.wantsFreshConnection = fresh;
    this.wait = afterBackoff(this, () => {
      this.endUpstreamWait();
      this.forward();
    });
    if (this.wait === null) this.forward();
    else this.beginUpstreamWait();
  }

  /** Tells the client what went wrong. One that has part of a response already must not take it for complete. */
  #giveUp(code: ErrorCode): void {
    if (!this.responseBegun) {
      if (this.decision === null || !this.isAnsweredByPolicy(code)) this.answer(code);
      return;
    }
    this.downstream.abort();
    this.finish(code);
  }

  // ── 5. The end ────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Answers with an error of the gateway's own. */
  answer(code: ErrorCode): void {
    this.#send(answerFor(this, code), ERRORS[code].status);
    this.finish(code);
  }

  /** Answers with what a policy gave, or made of the upstream's response. */
  protected sendWhole(answer: Answer, status: number): void {
    this.#send(answer, status);
    this.finish(null);
  }

  #send(answer: Answer, status: number): void {
    this.status = status;
    this.bytesOut = answer.body === null ? 0 : answer.body.length;
    const close = answer.close || this.mustClose() || this.downstream.head.contentLength < 0;
    this.downstream.respond(answer.head, answer.body, answer.contentLength, close);
  }

  /** Every exchange ends here, once: what it held is given back, and it becomes a line in the log and a count. */
  finish(error: ErrorCode | null): void {
    if (this.finished) return;
    this.finished = true;
    this.error = error;
    this.acceptor.exchanges.remove(this);
    this.wait?.cancel();
    this.wait = null;
    this.cancelEffect?.();
    this.connection?.destroy(error);
    this.connection = null;
    this.body?.discard();
    if (this.decision !== null) this.route!.chain!.end(this.decision);
    if (this.decision !== null && this.decision.refreshFrom >= 0) this.acceptor.refresh(this);
    this.settleTimes();
    this.acceptor.metrics.record(this);
    this.acceptor.accessLog?.add(this);
    if (this.trace !== null) this.acceptor.tracing?.end(this);
    if (this.recorded !== null) this.recorded.end();
  }
}
