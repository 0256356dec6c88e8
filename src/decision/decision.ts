import type { ErrorCode } from '../errors/table.ts';
import type { ClientCertificate } from './client-certificate.ts';
import { FoundIdentity } from './found-identity.ts';
import { HeaderChanges, type HeaderSource } from './header-changes.ts';
import type { Effect } from './policies/effect.ts';
import { ANSWERED, REFUSED, type Verdict, WAITING } from './policies/verdict.ts';
import type { RequestFacts } from './route/route-match.ts';

/** What policies know of a request. Facts: nothing of it ever changes. */
export interface PolicyRequest extends RequestFacts {
  /** As far as the listener's trust rules let it be known; empty behind a unix socket. */
  readonly clientIp: string;
  /** The Host header as the client wrote it, with its port where it has one; well-formed. */
  readonly authority: string;
  /** How the client speaks to the gateway, or to the trusted proxy before it. */
  readonly scheme: 'http' | 'https';
  /** Name of the listener. */
  readonly listener: string;
  readonly requestId: string;
  /** What the client has shown in its TLS handshake; null or left out: nothing. */
  readonly clientCertificate?: ClientCertificate | null;
  /** What the upstream is told in X-Forwarded-Host: the same, or what a trusted proxy says it was before that. */
  readonly forwardedHost: string;
  /** The client's end-to-end headers: lower-case names and values alternate, latin1. */
  readonly headers: readonly string[];
  /** Declared length of the body; 0: there is none, -1: it is not declared. */
  readonly bodyLength: number;
  /** The text of a parameter of the route's path, escapes and all; null when it has none of this name. */
  pathParameter(name: string): string | null;
}

/** The route that was found. */
export interface PolicyRoute {
  readonly name: string;
  /** Name of its upstream; null or left out: none. */
  readonly upstream?: string | null;
  /** How it changes what it forwards, where no policy does; left out: it does not. */
  readonly forward?: { readonly stripPrefix: string | null; readonly host: string };
}

/** A response that is not an error of the gateway's own, as far as it is known when its head is there. */
export interface PolicyResponse extends HeaderSource {
  readonly status: number;
  /** Declared length; -1: none. */
  readonly contentLength: number;
  readonly source: 'upstream' | 'policy';
  /** All end-to-end headers but Date, made anew at each call: lower-case names and values alternate. */
  headers(): readonly string[];
}

/** A response that a policy gives in the upstream's place. */
export interface OwnResponse {
  readonly status: number;
  /** Lower-case names and values alternate. */
  readonly headers: readonly string[];
  /** Null: none. */
  readonly body: Buffer | null;
}

/** What a policy gave, as those further out see it. */
export function responseOf({ status, headers, body }: OwnResponse): PolicyResponse {
  const header = (name: string): string | null => {
    const values = headers.filter((_, at) => at % 2 === 1 && headers[at - 1] === name);
    return values.length === 0 ? null : values.join(', ');
  };
  return { status, contentLength: body?.length ?? -1, source: 'policy', headers: () => headers, header };
}

/** Whoever wants to see a body as it passes. A chunk is a view that must not be kept. */
export interface BodyTap {
  onChunk(chunk: Buffer): void;
  /** The body is complete. Without it the exchange ended before it was. */
  onComplete(): void;
}

/** Where policies say why they decided as they did; there is none on the request path. */
export interface Trace {
  note(text: string): void;
}

/** Path and query that the upstream is asked for in place of the client's. */
export interface Target {
  /** Begins with `/`; normalised. */
  readonly path: string;
  readonly query: string | null;
}

/**
 * What is decided about one exchange of a route with policies: they read the facts and write here what becomes of them. The same
 * object in an acceptor and in `explain`; routes without policies never make one.
 */
export class Decision extends FoundIdentity {
  readonly request: PolicyRequest;
  readonly route: PolicyRoute;
  /** Null on the request path. Say `decision.trace?.note(...)`: then the text is made only when somebody reads it. */
  readonly trace: Trace | null;

  // What goes to the upstream. Null: as it came.
  target: Target | null = null;
  host: string | null = null;
  requestBody: Buffer | null = null;
  /** Whoever sees the client's request body as it passes; null: nobody. */
  requestTaps: BodyTap[] | null = null;

  // What goes to the client.
  /** There once the response's head is; of one that a policy gave when that is what goes to the client. */
  response: PolicyResponse | null = null;
  responseBody: Buffer | null = null;
  /** The upstream's Content-Length is of a body that the client would not be sent: the response to a HEAD leaves it out. */
  hidesLength = false;
  tap: BodyTap | null = null;

  // How a policy ended the asking; see VERDICT.
  error: ErrorCode | null = null;
  /** Headers of the refusal: names and values alternate. */
  errorHeaders: readonly string[] = [];
  /** Members of the refusal's problem document beside its own. */
  errorMembers: Readonly<Record<string, unknown>> | null = null;
  own: OwnResponse | null = null;
  effect: Effect | null = null;
  /** Limits on trial that would have refused the request. */
  dryRunRefusals = 0;
  #then: ((result: never) => Verdict) | null = null;

  // Where the chain stands; kept by chain.ts.
  /** Index of the step that is asked, or was asked last. */
  step = 0;
  /** Steps whose `onRequest` has been called. */
  begun = 0;
  /** The first step that takes part: all but in a refresh. */
  readonly first: number;

  // What the cache tells its host.
  /** Whether what the client was sent came out of the store. Null: no cache was asked. */
  cacheResult: 'hit' | 'miss' | null = null;
  /** The step from which on this request is to be made again, without its client; -1: it is not. */
  refreshFrom = -1;
  /** This is such a request: nobody sees its response. */
  readonly isRefresh: boolean;

  #requestHeaders: HeaderChanges | null = null;
  #responseHeaders: HeaderChanges | null = null;
  #kept: Map<object, unknown> | null = null;

  /** @param original the decision whose `refresh` asked for this one; null for the request of a client */
  constructor(request: PolicyRequest, route: PolicyRoute, trace: Trace | null, original: Decision | null = null) {
    super();
    this.request = request;
    this.route = route;
    this.trace = trace;
    this.isRefresh = original !== null;
    this.first = original === null ? 0 : original.refreshFrom;
    if (original !== null) this.#takeFrom(original);
  }

  /** The policies before the first step are not asked again: what they decided about the request stands. */
  #takeFrom(original: Decision): void {
    const { target, host, requestHeaderChanges } = original;
    this.takeIdentityFrom(original);
    this.target = target;
    this.host = host;
    if (requestHeaderChanges !== null) this.requestHeaders.restore(requestHeaderChanges.save());
  }

  /** Changes to the headers the upstream sees. */
  get requestHeaders(): HeaderChanges {
    this.#requestHeaders ??= new HeaderChanges('request', this.request);
    return this.#requestHeaders;
  }

  /** The same, or null when nothing was changed. */
  get requestHeaderChanges(): HeaderChanges | null {
    return this.#requestHeaders;
  }

  /** Changes to the headers the client sees, whatever it is answered: they are on the gateway's own errors, too. */
  get responseHeaders(): HeaderChanges {
    this.#responseHeaders ??= new HeaderChanges('response', this.response);
    return this.#responseHeaders;
  }

  get responseHeaderChanges(): HeaderChanges | null {
    return this.#responseHeaders;
  }

  /** The query as it stands after the policies so far. */
  get query(): string | null {
    return this.target === null ? this.request.query : this.target.query;
  }

  /** The path that the upstream is asked for as it stands after the policies so far. */
  get forwardedPath(): string {
    if (this.target !== null) return this.target.path;
    const prefix = this.route.forward?.stripPrefix ?? null;
    return prefix === null ? this.request.path : this.request.path.slice(prefix.length) || '/';
  }

  /** A request header as it stands after the policies so far. */
  header(name: string): string | null {
    return this.#requestHeaders === null ? this.request.header(name) : this.#requestHeaders.get(name);
  }

  /**
   * Ends the exchange with an error of the table.
   *
   * @param headers names and values alternate
   * @param members of the problem document beside its own (RFC 9457, section 3.2)
   */
  refuse(
    code: ErrorCode,
    headers: readonly string[] = [],
    members: Readonly<Record<string, unknown>> | null = null,
  ): Verdict {
    this.error = code;
    this.errorHeaders = headers;
    this.errorMembers = members;
    return REFUSED;
  }

  /** Answers in the upstream's place: before it is asked, or in place of what it said. */
  answer(response: OwnResponse): Verdict {
    this.own = response;
    return ANSWERED;
  }

  /**
   * Has the request made once more when this exchange is over, from the policy that asks on, for what it leaves behind: nobody
   * waits for it, and nobody sees what comes of it.
   */
  refresh(): void {
    this.refreshFrom = this.step;
  }

  /**
   * Waits for an effect; `then` is called with its result and decides.
   *
   * @param effect of a kind that the policy's definition names among its needs
   */
  wait<Result>(effect: Effect, then: (result: Result) => Verdict): Verdict {
    this.effect = effect;
    this.#then = then;
    return WAITING;
  }

  /** Lets somebody see the client's request body, from its first byte, while it is forwarded. */
  tapRequest(tap: BodyTap): void {
    this.requestTaps ??= [];
    this.requestTaps.push(tap);
  }

  /** Called by chain.ts with what an effect came to. */
  resume(result: unknown): Verdict {
    const then = this.#then!;
    this.effect = null;
    this.#then = null;
    return then(result as never);
  }

  /** The response's head is there: from now on `responseHeaders` sees it. */
  arrive(response: PolicyResponse): void {
    this.response = response;
    this.#responseHeaders?.arrive(response);
  }

  /** Keeps something of a policy's own until the exchange is over. @param owner the policy */
  keep(owner: object, value: unknown): void {
    this.#kept ??= new Map();
    this.#kept.set(owner, value);
  }

  kept(owner: object): unknown {
    return this.#kept?.get(owner);
  }
}
