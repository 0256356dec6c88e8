import type { ForwardedExchange } from '../../acceptor/forward-head.ts';
import type { ListenerContext, RequestHead } from '../../acceptor/listener/downstream.ts';
import type { CompiledEndpoint, CompiledUpstream, RouteRecord } from '../../config/compiled.ts';
import type { Chain } from '../../decision/chain.ts';
import type { Decision, PolicyRequest } from '../../decision/decision.ts';
import { Forwarded } from '../../decision/forwarded.ts';
import { pathParameter } from '../../decision/route/path-parameter.ts';
import type { ErrorCode } from '../../errors/table.ts';

/** A route as a dry gateway uses it. */
export interface DryRoute extends RouteRecord {
  /** Its number: its place among the config's routes. */
  readonly index: number;
  /** Null: no policies. */
  readonly chain: Chain | null;
}

/** How the exchange would go on. */
export type Outcome =
  /** To an upstream. */
  | { readonly kind: 'forward'; readonly upstream: CompiledUpstream }
  /** An error of the gateway's own. Headers: names and values alternate. */
  | { readonly kind: 'refuse'; readonly code: ErrorCode; readonly status: number; readonly headers: readonly string[] }
  /** A policy's answer in the upstream's place. */
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly headers: readonly string[];
      readonly body: Buffer | null;
    }
  /** No route takes the request, or none with its method. */
  | { readonly kind: 'none'; readonly code: ErrorCode; readonly status: number; readonly headers: readonly string[] };

/** The pseudonym that a dry gateway puts into Via: no running one has it. */
export const DRY_PSEUDONYM = 'penstock-dry-run';

/** One request that was never sent: an exchange without sockets. Filled in by DryGateway. */
export class DryExchange implements PolicyRequest, ForwardedExchange {
  readonly acceptor = { viaPseudonym: DRY_PSEUDONYM };
  readonly downstream: { readonly head: RequestHead; readonly listener: ListenerContext };
  readonly method: string;
  host = '';
  path = '';
  readonly query: string | null;
  readonly requestId = 'dry-run';
  clientIp: string;
  readonly forwarded = new Forwarded();
  readonly body: Buffer;
  route: DryRoute | null = null;
  decision: Decision | null = null;
  readonly trace = null;
  connection: { readonly endpoint: CompiledEndpoint } | null = null;
  outcome: Outcome | null = null;

  constructor(head: RequestHead, listener: ListenerContext, body: Buffer) {
    this.downstream = { head, listener };
    this.method = head.method;
    this.query = head.query;
    this.clientIp = head.peer;
    this.body = body;
  }

  get listener(): string {
    return this.downstream.listener.config.name;
  }

  get authority(): string {
    return this.downstream.head.rawHost;
  }

  get forwardedHost(): string {
    return this.forwarded.host;
  }

  get scheme(): 'http' | 'https' {
    return this.forwarded.proto === 'https' ? 'https' : 'http';
  }

  get headers(): readonly string[] {
    return this.downstream.head.headers;
  }

  get bodyLength(): number {
    return this.downstream.head.contentLength;
  }

  pathParameter(name: string): string | null {
    return pathParameter(this.route!.path, this.path, name);
  }

  header(name: string): string | null {
    const { headers } = this;
    let joined: string | null = null;
    for (let i = 0; i < headers.length; i += 2) {
      if (headers[i] === name) joined = joined === null ? headers[i + 1]! : `${joined}, ${headers[i + 1]}`;
    }
    return joined;
  }
}
