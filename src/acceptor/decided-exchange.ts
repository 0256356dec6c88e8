/**
 * The part of an exchange that its route's policies decide: asking them, performing what they wait for, and sending what they
 * made of the response. Exchanges of routes without policies never come here.
 *
 *   askPolicies ──► PASS ──► forward ──► head arrives ──► askAboutResponse ──► PASS ──► sendDecided
 *        │ REFUSED ─► answer                                   ▲ │ REFUSED ─► answer
 *        │ ANSWERED ───────────────────────────────────────────' │
 *        └ WAITING ─► perform ─► asked on                        └ WAITING ─► perform ─► asked on
 */
import type { Millis } from '../brand.ts';
import { Decision, type PolicyResponse, responseOf } from '../decision/decision.ts';
import type { Effect } from '../decision/policies/effect.ts';
import { ANSWERED, PASS, REFUSED, type Verdict } from '../decision/policies/verdict.ts';
import { ERRORS, type ErrorCode } from '../errors/table.ts';
import { ExchangeState } from './exchange-state.ts';
import { performEffect } from './policies/perform-effect.ts';
import type { UpstreamResponse } from './policies/upstream-response.ts';
import { type Answer, ownAnswerFor } from './response/answer.ts';
import { PacedBody, PIECE_BYTES } from './response/paced-body.ts';

type Then = (result: unknown) => void;

export abstract class DecidedExchange extends ExchangeState {
  /** The upstream's response while policies are asked about it. */
  #asked: UpstreamResponse | null = null;
  /** Whoever waits for the whole of a response body. */
  #bodyWaiter: Then | null = null;
  #heldBody: Buffer[] = [];
  #heldBytes = 0;
  /** A policy answers in place of a bodyless response, once that is complete and its connection free again. */
  #answersAtEnd = false;

  protected abstract forward(): void;
  abstract answer(code: ErrorCode): void;
  abstract finish(error: ErrorCode | null): void;
  /** Begins to send an upstream's response; its body follows. */
  protected abstract beginResponse(
    status: number,
    head: Buffer | null,
    contentLength: number,
    isBodyless: boolean,
  ): void;
  protected abstract sendWhole(answer: Answer, status: number): void;
  protected abstract mustClose(): boolean;

  // ── The request ──

  protected askPolicies(): void {
    const decision = this.makeDecision();
    this.decision = decision;
    this.#followRequest(this.route!.chain!.runRequest(decision));
  }

  protected makeDecision(): Decision {
    return new Decision(this, this.route!, null);
  }

  #followRequest(verdict: Verdict): void {
    const decision = this.decision!;
    if (verdict === PASS) {
      if (decision.requestTaps !== null) this.body?.tap(decision.requestTaps);
      if (decision.requestBody !== null) this.body?.replace(decision.requestBody);
      this.forward();
    } else if (verdict === REFUSED) this.answer(decision.error!);
    else if (verdict === ANSWERED) this.#askAboutResponse(responseOf(decision.own!));
    else {
      this.#perform(decision.effect!, (result) =>
        this.#followRequest(this.route!.chain!.continueRequest(decision, result)),
      );
    }
  }

  // ── The response ──

  protected askAboutUpstream(response: UpstreamResponse): void {
    this.#asked = response;
    this.#askAboutResponse(response);
  }

  #askAboutResponse(response: PolicyResponse): void {
    const chain = this.route!.chain!;
    const decision = this.decision!;
    decision.arrive(response);
    this.#followResponse(chain.hasResponse ? chain.runResponse(decision) : PASS);
  }

  #followResponse(verdict: Verdict): void {
    const decision = this.decision!;
    if (verdict === PASS) {
      this.#sendDecided(decision);
    } else if (verdict === REFUSED) {
      this.#letGo();
      this.answer(decision.error!);
    } else if (this.#asked?.keep() === false) {
      this.#letGo();
      this.answer('upstream_response_too_large');
    } else {
      this.#perform(decision.effect!, (result) =>
        this.#followResponse(this.route!.chain!.continueResponse(decision, result)),
      );
    }
  }

  #sendDecided(decision: Decision): void {
    const response = this.#asked;
    if (decision.own !== null) {
      this.#answersAtEnd = this.connection !== null && response!.isBodyless;
      if (this.#answersAtEnd) this.connection!.resume();
      else this.#sendOwn(decision);
      return;
    }
    const head = response!.render(decision.responseHeaderChanges, this.requestId);
    if (this.connection !== null) {
      const { connection } = this;
      const contentLength = decision.hidesLength ? -1 : response!.contentLength;
      this.beginResponse(response!.status, head, contentLength, response!.isBodyless);
      connection.resume();
    } else if (head === null) this.answer('upstream_response_too_large');
    else this.#sendHeld(head, response!, decision);
  }

  #sendOwn(decision: Decision): void {
    this.#letGo();
    const answer = ownAnswerFor(this);
    const { status } = decision.own!;
    if (answer.body !== null && answer.body.length > PIECE_BYTES) this.#sendPaced(answer, status);
    else this.sendWhole(answer, status);
  }

  /** A body that is too large to be handed over at once. */
  #sendPaced(answer: Answer, status: number): void {
    this.status = status;
    this.responseBegun = true;
    this.pacedBody = new PacedBody(answer.body!);
    this.downstream.begin(answer.head, answer.contentLength, this.mustClose());
    this.sendPieces();
  }

  /** Goes on until the client takes no more. */
  protected sendPieces(): void {
    for (let piece = this.pacedBody!.next(); piece !== null; piece = this.pacedBody!.next()) {
      this.bytesOut += piece.length;
      if (this.downstream.write(piece)) continue;
      this.watchClient();
      return;
    }
    this.responseEnded = true;
    if (this.downstream.end()) this.finish(null);
    else this.watchClient();
  }

  /** The upstream has failed for good, before a response. True: a policy has an answer of its own, which is sent. */
  protected isAnsweredByPolicy(code: ErrorCode): boolean {
    const chain = this.route!.chain!;
    if (!chain.hasFailure || ERRORS[code].source !== 'upstream' || this.decision!.own !== null) return false;
    const verdict = chain.runFailure(this.decision!, code);
    if (verdict === null) return false;
    this.wait?.cancel();
    this.wait = null;
    this.#letGo();
    this.unwatch();
    this.#followResponse(verdict);
    return true;
  }

  /** The response is here as a whole, because a policy wanted to see all of it. */
  #sendHeld(head: Buffer, response: UpstreamResponse, decision: Decision): void {
    const body = decision.responseBody ?? Buffer.concat(this.#heldBody);
    if (body.length > 0) decision.tap?.onChunk(body);
    decision.tap?.onComplete();
    const hasNone = this.method === 'HEAD' || response.status === 204 || response.status === 304;
    const declares = response.status !== 204 && !decision.hidesLength;
    const contentLength = hasNone ? (declares ? response.contentLength : -1) : body.length;
    this.sendWhole({ head, body: hasNone ? null : body, contentLength, close: false }, response.status);
  }

  /** The upstream's response is not wanted any more. */
  #letGo(): void {
    this.connection?.destroy();
    this.connection = null;
    this.#bodyWaiter = null;
    this.#heldBody = [];
  }

  // ── What is waited for ──

  #perform(effect: Effect, then: Then): void {
    const resume: Then = (result) => {
      if (this.finished) return;
      this.unwatch();
      then(result);
    };
    if (effect.kind === 'requestBody') this.#collectRequest(effect.maxBytes, resume);
    else if (effect.kind === 'responseBody') this.#collectResponse(effect.maxBytes, resume);
    else {
      this.connection?.pause();
      if (effect.kind === 'promise') this.watch('policy_failed', effect.limit);
      const performed = this.#guarded(effect);
      this.cancelEffect = performEffect(performed, this.acceptor, resume, (error) => this.failPolicy(error));
    }
  }

  /** What a user's policy begins is the user's code as well. */
  #guarded<Kind extends Effect>(effect: Kind): Kind {
    const decision = this.decision!;
    const { guard } = this.route!.chain!.steps[decision.step]!;
    if (effect.kind !== 'promise' || guard === null) return effect;
    return { ...effect, run: (signal: AbortSignal) => guard((given) => effect.run(given), signal, decision) };
  }

  /** A policy failed where nobody could catch it but the process: in something it waits for, or left behind. */
  failPolicy(error: unknown): void {
    this.route!.chain!.reportFault(this.decision!, error);
    if (this.finished) return;
    this.#letGo();
    if (this.responseBegun) {
      this.downstream.abort();
      this.finish('policy_failed');
    } else this.answer('policy_failed');
  }

  #collectRequest(maxBytes: number, then: Then): void {
    if (this.body === null) {
      then(Buffer.alloc(0));
      return;
    }
    const declared = this.downstream.head.contentLength;
    this.bodyLimit = maxBytes;
    if (declared > maxBytes) {
      this.answer('request_body_too_large');
      return;
    }
    this.watch('request_body_timeout', this.downstream.listener.config.limits.bodyTimeout as Millis);
    this.body.collect(then);
  }

  #collectResponse(maxBytes: number, then: Then): void {
    if (this.connection === null) {
      then(Buffer.concat(this.#heldBody));
      return;
    }
    if (this.#asked!.contentLength > maxBytes && !this.#asked!.isBodyless) {
      this.#letGo();
      this.answer('response_body_too_large');
      return;
    }
    this.responseBodyLimit = maxBytes;
    this.watch('upstream_idle_timeout', this.route!.forward.idleTimeout);
    this.#bodyWaiter = then;
    this.connection.resume();
  }

  /** A piece of the response body. True: it was taken, and is not for the client yet. */
  protected holdsResponseBody(chunk: Buffer): boolean {
    if (this.#answersAtEnd) return true;
    if (this.#bodyWaiter === null) {
      this.decision!.tap?.onChunk(chunk);
      return false;
    }
    this.#heldBytes += chunk.length;
    if (this.#heldBytes > this.responseBodyLimit) {
      this.#letGo();
      this.answer('response_body_too_large');
      return true;
    }
    this.#heldBody.push(Buffer.from(chunk));
    this.watch('upstream_idle_timeout', this.route!.forward.idleTimeout);
    return true;
  }

  /** The response is complete. True: what becomes of it is decided here. */
  protected takesResponseEnd(): boolean {
    if (this.#answersAtEnd) {
      this.#sendOwn(this.decision!);
      return true;
    }
    if (this.#bodyWaiter === null) {
      this.decision!.tap?.onComplete();
      return false;
    }
    const then = this.#bodyWaiter;
    this.#bodyWaiter = null;
    then(Buffer.concat(this.#heldBody));
    return true;
  }
}
