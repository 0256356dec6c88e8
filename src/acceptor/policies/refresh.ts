import type { MonotonicMs } from '../../brand.ts';
import { Decision } from '../../decision/decision.ts';
import type { AcceptorContext } from '../acceptor-context.ts';
import type { Downstream, ListenerContext, RequestHead } from '../listener/downstream.ts';
import { Exchange } from '../pipeline.ts';

/**
 * A request made once more without its client, for what it leaves in the cache: an exchange like any other towards the upstream,
 * from the policy on that asked for it. What it brings is read and not sent to anybody; it is no request of a client, and so
 * in no metric and no log.
 */
export class Refresh extends Exchange {
  readonly #original: Exchange;

  constructor(original: Exchange, acceptor: AcceptorContext) {
    super(quiet(acceptor), new NoDownstream(original.downstream), acceptor.now());
    this.#original = original;
    this.host = original.host;
    this.path = original.path;
    this.requestId = original.requestId;
    this.clientIp = original.clientIp;
    Object.assign(this.forwarded, original.forwarded);
    this.route = original.route;
    this.upstream = original.upstream;
  }

  override begin(): void {
    this.acceptor.exchanges.add(this);
    this.endsAt = this.acceptor.exchanges.after(this.route!.forward.timeout);
    this.askPolicies();
  }

  protected override makeDecision(): Decision {
    return new Decision(this, this.route!, null, this.#original.decision);
  }
}

/** The acceptor without those who count, log and trace. */
function quiet(acceptor: AcceptorContext): AcceptorContext {
  return {
    snapshot: acceptor.snapshot,
    exchanges: acceptor.exchanges,
    requestIds: acceptor.requestIds,
    metrics: { record: () => {} },
    accessLog: null,
    tracing: null,
    recorder: null,
    viaPseudonym: acceptor.viaPseudonym,
    isDraining: acceptor.isDraining,
    offload: acceptor.offload,
    refresh: () => {},
    random: () => acceptor.random(),
    now: (): MonotonicMs => acceptor.now(),
  };
}

/** Where a client would be. It takes everything at once. */
class NoDownstream implements Downstream {
  readonly head: RequestHead;
  readonly listener: ListenerContext;

  constructor({ head, listener }: Downstream) {
    this.head = head;
    this.listener = listener;
  }

  pauseBody(): void {}
  resumeBody(): void {}
  keepBodyAlive(): void {}
  respond(): void {}
  begin(): void {}
  write(): boolean {
    return true;
  }
  end(): boolean {
    return true;
  }
  abort(): void {}
}
