import type { Bytes, Millis } from '../../brand.ts';
import type { BodyTap, Decision } from '../decision.ts';
import { type ForwardedRequest, forwardedRequest } from '../forwarded-request.ts';
import type { SideRequests } from './host.ts';
import type { PolicyDefinition } from './policy.ts';
import { PASS, type Verdict } from './verdict.ts';

export interface MirrorOptions {
  /** Name of an upstream. */
  readonly upstream: string;
  readonly share: number;
  readonly timeout: Millis;
  readonly maxBodyBytes: Bytes;
  /** Copies of this place under way in one acceptor; beyond it there are none. */
  readonly maxInFlight: number;
}

const MARK = ['x-penstock-mirror', '1'] as const;

/** Sends a copy of a share of the requests to another upstream. Nothing that becomes of it is seen by anyone. */
export const mirror: PolicyDefinition<MirrorOptions> = {
  name: 'mirror',
  phase: 'transform',
  needs: [],
  create(options, { random, sideRequests }) {
    const copies = new Copies(options, sideRequests);
    return {
      onRequest: (decision) => (random() < options.share ? copies.onRequest(decision) : PASS),
      onResponse: null,
      onEnd: (decision) => copies.onEnd(decision),
    };
  },
};

class Copies {
  readonly #options: MirrorOptions;
  readonly #sideRequests: SideRequests;
  #inFlight = 0;

  constructor(options: MirrorOptions, sideRequests: SideRequests) {
    this.#options = options;
    this.#sideRequests = sideRequests;
  }

  onRequest(decision: Decision): Verdict {
    const { maxInFlight, maxBodyBytes } = this.#options;
    const length = decision.requestBody?.length ?? decision.request.bodyLength;
    if (this.#inFlight >= maxInFlight || length > maxBodyBytes) {
      decision.trace?.note(
        length > maxBodyBytes ? 'not mirrored: the body is too large' : 'not mirrored: too many are',
      );
      return PASS;
    }
    decision.trace?.note(`mirrored to ${this.#options.upstream}`);
    const request = forwardedRequest(decision, MARK);
    if (decision.requestBody !== null || length === 0) this.#send(request, decision.requestBody);
    else this.#await(decision, request);
    return PASS;
  }

  /** A body that is on its way has its place among those in flight. */
  #await(decision: Decision, request: ForwardedRequest): void {
    this.#inFlight++;
    const body = new MirroredBody(this.#options.maxBodyBytes, (bytes) => {
      this.#inFlight--;
      if (bytes !== null) this.#send(request, bytes);
    });
    decision.keep(this, body);
    decision.tapRequest(body);
  }

  onEnd(decision: Decision): void {
    (decision.kept(this) as MirroredBody | undefined)?.drop();
  }

  #send(request: ForwardedRequest, body: Buffer | null): void {
    const { upstream, timeout } = this.#options;
    const hasBody = body !== null && body.length > 0;
    const side = { ...request, upstream, body: hasBody ? body : null, timeoutMs: timeout };
    this.#inFlight++;
    const isSent = this.#sideRequests.send({ ...side, maxResponseBytes: null }, () => this.#inFlight--);
    if (!isSent) this.#inFlight--;
  }
}

/** Collects a request body as it passes, as far as it may be copied. */
class MirroredBody implements BodyTap {
  readonly #limit: Bytes;
  /** Null once it was called: with the body, or with null when there is none to copy. */
  #then: ((body: Buffer | null) => void) | null;
  #pieces: Buffer[] = [];
  #bytes = 0;

  constructor(limit: Bytes, then: (body: Buffer | null) => void) {
    this.#limit = limit;
    this.#then = then;
  }

  onChunk(chunk: Buffer): void {
    if (this.#then === null) return;
    this.#bytes += chunk.length;
    if (this.#bytes > this.#limit) this.drop();
    else this.#pieces.push(Buffer.from(chunk));
  }

  onComplete(): void {
    this.#end(Buffer.concat(this.#pieces));
  }

  drop(): void {
    this.#end(null);
  }

  #end(body: Buffer | null): void {
    const then = this.#then;
    this.#then = null;
    this.#pieces = [];
    then?.(body);
  }
}
