/**
 * A gateway without sockets: the same head reader, admission, route table, policies and request head as in an acceptor, asked
 * about requests that were never sent. `explain`, `test`, `diff` and `replay` are built on it.
 *
 * What an acceptor would have from elsewhere begins empty: counters, caches, fetched keys. The clock stands still, and chance
 * is always one half, unless others are handed in.
 */

import type { ListenerContext, RequestHead } from '../../acceptor/listener/downstream.ts';
import { HeadReader, type HeadSource } from '../../acceptor/listener/uws/head-reader.ts';
import { type PolicyAdapter, PolicyShelf, type SharedHost } from '../../acceptor/policies/policy-shelf.ts';
import { refusalHeaders } from '../../acceptor/response/answer.ts';
import type { Millis } from '../../brand.ts';
import type { CompiledConfig } from '../../config/compile.ts';
import type { CompiledListener, RouteRecord } from '../../config/compiled.ts';
import { admitHead } from '../../decision/admit-head.ts';
import type { Chain, ChainListener, Guard } from '../../decision/chain.ts';
import { chooseUpstream } from '../../decision/choose-upstream.ts';
import { CidrSet } from '../../decision/cidr.ts';
import { type Consumers, ConsumerTable } from '../../decision/consumers.ts';
import { Decision, type PolicyResponse, responseOf } from '../../decision/decision.ts';
import { askRequestAtOnce, askResponse, type DryEffects, dryHost } from '../../decision/dry-run.ts';
import { resolveForwarded } from '../../decision/forwarded.ts';
import type { Clock } from '../../decision/policies/host.ts';
import { ANSWERED, PASS, REFUSED, type Verdict } from '../../decision/policies/verdict.ts';
import { buildRouteTable } from '../../decision/route/build-route-table.ts';
import { NO_ROUTE, RouteHit } from '../../decision/route/route-hit.ts';
import { RouteTable } from '../../decision/route/route-table.ts';
import { ERRORS, type ErrorCode } from '../../errors/table.ts';
import type { DecisionTrace } from './decision-trace.ts';
import { DescribedHead, type DescribedRequest, parseTarget, type Target } from './described-request.ts';
import { DryExchange, type DryRoute, type Outcome } from './dry-exchange.ts';
import { runOffloadTask } from './offload-inline.ts';

/** Where a request arrives. */
export interface DryListener extends ListenerContext {
  readonly reader: HeadReader;
}

const NO_BYTES = Buffer.alloc(0);
const LOCALHOST = '127.0.0.1';
/** What chance says here, always. */
const HALF = 0.5;
/** Nobody else is held up by code of users here. */
const CALL_PLAINLY: Guard = (run, argument) => run(argument);
/** What an upstream is taken to answer: nothing that a policy could object to. */
const ASSUMED_RESPONSE: PolicyResponse = {
  ...responseOf({ status: 200, headers: [], body: null }),
  source: 'upstream',
};

/** What a dry gateway is given in place of its own. */
export interface DryGatewayParts {
  readonly host?: Partial<SharedHost>;
  readonly adapt?: PolicyAdapter;
}

export class DryGateway {
  readonly compiled: CompiledConfig;
  readonly #table: RouteTable;
  readonly #hit = new RouteHit();
  readonly #listeners: readonly DryListener[];
  readonly #consumers: Consumers;
  readonly #parts: DryGatewayParts;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #routes = new Map<number, DryRoute>();
  #shelf: PolicyShelf;
  /** Who listens to the request that is being decided. */
  #trace: DecisionTrace | null = null;
  readonly #listener: ChainListener = {
    onStep: (step, stage, verdict) => this.#trace?.onStep(step, stage, verdict),
    onFault: (step, error) => this.#trace?.onFault(step, error),
  };

  /**
   * @param now milliseconds since the epoch: what tokens and dates are judged by
   * @throws RangeError for routes that name more different methods than a table holds
   */
  constructor(compiled: CompiledConfig, now: number, parts: DryGatewayParts = {}) {
    const { globals, matches } = compiled;
    this.compiled = compiled;
    this.#table = new RouteTable(buildRouteTable(matches));
    this.#listeners = globals.listeners.map(prepareListener);
    this.#consumers = new ConsumerTable(globals.consumers);
    this.#parts = parts;
    this.#clock = { wall: () => now as Millis, monotonic: () => 1_000_000 as Millis };
    this.#random = parts.host?.random ?? (() => HALF);
    this.#shelf = this.#emptyShelf();
  }

  /** Forgets what the policies have counted and stored so far. */
  forget(): void {
    this.#shelf = this.#emptyShelf();
    this.#routes.clear();
  }

  #emptyShelf(): PolicyShelf {
    const { scope: _, consumers: __, ...shared } = dryHost({ clock: this.#clock, ...this.#parts.host });
    const shelf = new PolicyShelf(shared, this.#consumers, () => CALL_PLAINLY, this.#parts.adapt);
    shelf.useModules(this.compiled.globals.modules);
    return shelf;
  }

  /** Which listener a request would arrive at: the one named, else one of the URL's scheme and port, else of its scheme. */
  listenerFor(
    { listener }: Pick<DescribedRequest, 'listener'>,
    { scheme, authority }: Pick<Target, 'scheme' | 'authority'>,
  ): DryListener | null {
    const all = this.#listeners;
    if (listener !== null) return all.find(({ config }) => config.name === listener) ?? null;
    if (scheme === null) return all[0]!;
    const fitting = all.filter(({ secure }) => secure === (scheme === 'https'));
    const port = Number(/:(\d+)$/.exec(authority)?.[1] ?? (scheme === 'https' ? 443 : 80));
    return (
      fitting.find(({ config: { address } }) => 'port' in address && address.port === port) ?? fitting[0] ?? all[0]!
    );
  }

  /**
   * Decides about one request. Requests with a trace are decided one after the other; their policies are also asked about an
   * empty response with status 200, where the request is forwarded.
   *
   * @throws RangeError for a URL that is none, or a listener that is not there
   */
  async decide(request: DescribedRequest, trace: DecisionTrace | null): Promise<DryExchange> {
    return this.#decide(this.#receive(request), trace);
  }

  /**
   * Decides about a request whose head is there already, with the scheme that its client used. A promise only where its policies
   * wait for something that is not at hand.
   */
  decideHead(
    source: HeadSource,
    listener: DryListener,
    { peer, scheme }: Pick<RequestHead, 'peer' | 'scheme'>,
    body: Buffer,
  ): DryExchange | Promise<DryExchange> {
    const head = listener.reader.read(source, peer);
    head.scheme = scheme;
    return this.#decide(this.#begin(head, listener, body), null);
  }

  /**
   * The route that a request would take; no policy is asked.
   *
   * @returns null when it is refused before, or no route takes it
   * @throws RangeError as `decide`
   */
  routeOf(request: DescribedRequest): RouteRecord | null {
    const exchange = this.#receive(request);
    if (this.#admit(exchange) !== null) return null;
    const id = this.#table.lookup(exchange, this.#hit);
    return id === NO_ROUTE ? null : this.compiled.routes[id]!;
  }

  #receive(request: DescribedRequest): DryExchange {
    const target = parseTarget(request.url);
    const listener = target === null ? null : this.listenerFor(request, target);
    if (listener === null) throw new RangeError(`no request is described by ${request.url}`);
    const peer = request.client ?? defaultPeer(listener);
    return this.#begin(listener.reader.read(new DescribedHead(request, target!), peer), listener, request.body);
  }

  #begin(head: RequestHead, listener: DryListener, body: Buffer): DryExchange {
    const exchange = new DryExchange(head, listener, body);
    resolveForwarded(head, listener.trustedProxies, exchange.forwarded);
    exchange.clientIp = exchange.forwarded.clientIp;
    return exchange;
  }

  #decide(exchange: DryExchange, trace: DecisionTrace | null): DryExchange | Promise<DryExchange> {
    const refusal = this.#admit(exchange);
    if (refusal !== null) exchange.outcome = this.#refusal(exchange, refusal);
    else if (!this.#findRoute(exchange)) exchange.outcome = this.#noRoute(exchange);
    else if (exchange.route!.chain === null) exchange.outcome = this.#forward(exchange);
    else return this.#askPolicies(exchange, trace);
    return exchange;
  }

  #admit(exchange: DryExchange): ErrorCode | null {
    const { head, listener } = exchange.downstream;
    return admitHead(head, listener.config.path, exchange.acceptor.viaPseudonym, exchange);
  }

  #findRoute(exchange: DryExchange): boolean {
    const id = this.#table.lookup(exchange, this.#hit);
    if (id === NO_ROUTE) return false;
    let route = this.#routes.get(id);
    if (route === undefined) {
      const record = this.compiled.routes[id]!;
      const policies = record.policies?.map((policy) => this.compiled.policies[policy]!) ?? null;
      const chain = policies === null ? null : this.#shelf.chain(policies, this.#listener);
      route = { ...record, index: id, chain };
      this.#routes.set(id, route);
    }
    exchange.route = route;
    return true;
  }

  #askPolicies(exchange: DryExchange, trace: DecisionTrace | null): DryExchange | Promise<DryExchange> {
    const chain = exchange.route!.chain!;
    const decision = new Decision(exchange, exchange.route!, trace);
    const effects: DryEffects = { requestBody: exchange.body, responseBody: NO_BYTES, offload: runOffloadTask };
    exchange.decision = decision;
    this.#trace = trace;
    const verdict = askRequestAtOnce(chain, decision, effects);
    if (typeof verdict !== 'number' || verdict === ANSWERED || trace !== null)
      return this.#concludeLater(exchange, verdict, effects);
    exchange.outcome = verdict === REFUSED ? this.#refusal(exchange, decision.error!) : this.#forward(exchange);
    chain.end(decision);
    return exchange;
  }

  async #concludeLater(
    exchange: DryExchange,
    asked: Verdict | Promise<Verdict>,
    effects: DryEffects,
  ): Promise<DryExchange> {
    const chain = exchange.route!.chain!;
    const decision = exchange.decision!;
    try {
      exchange.outcome = await this.#conclude(exchange, await asked, effects);
    } finally {
      chain.end(decision);
      this.#trace = null;
    }
    return exchange;
  }

  async #conclude(exchange: DryExchange, asked: Verdict, effects: DryEffects): Promise<Outcome> {
    const chain = exchange.route!.chain!;
    const decision = exchange.decision!;
    let verdict = asked;
    if (verdict === ANSWERED) {
      decision.arrive(responseOf(decision.own!));
      verdict = chain.hasResponse ? await askResponse(chain, decision, effects) : PASS;
    }
    if (verdict === REFUSED) return this.#refusal(exchange, decision.error!);
    if (decision.own !== null) return this.#answer(decision);
    const outcome = this.#forward(exchange);
    if (outcome.kind === 'forward' && decision.trace !== null) await this.#assumeResponse(chain, decision, effects);
    return outcome;
  }

  /** Asks about an upstream's response that nobody has seen, for what the gateway adds to any. */
  async #assumeResponse(chain: Chain, decision: Decision, effects: DryEffects): Promise<void> {
    decision.arrive(ASSUMED_RESPONSE);
    if (chain.hasResponse) await askResponse(chain, decision, effects);
  }

  #forward(exchange: DryExchange): Outcome {
    const { upstream: only, split } = exchange.route!.forward;
    const id = split === null ? only : split.choices[chooseUpstream(split, exchange, this.#random()).index]!.upstream;
    const upstream = this.compiled.globals.upstreams[id];
    if (upstream === undefined) return this.#refusal(exchange, 'no_upstream');
    exchange.connection = { endpoint: upstream.endpoints[0]! };
    return { kind: 'forward', upstream };
  }

  #answer(decision: Decision): Outcome {
    const { status, headers, body } = decision.own!;
    return { kind: 'answer', status, headers: afterChanges(headers, decision), body };
  }

  #noRoute(exchange: DryExchange): Outcome {
    const isOtherMethod = this.#table.allowedMethods(exchange).length > 0;
    return { ...this.#refusal(exchange, isOtherMethod ? 'method_not_allowed' : 'route_not_found'), kind: 'none' };
  }

  #refusal(exchange: DryExchange, code: ErrorCode): Outcome & { readonly kind: 'refuse' } {
    const { decision } = exchange;
    const headers = refusalHeaders(code, decision, () => this.#table.allowedMethods(exchange));
    return { kind: 'refuse', code, status: ERRORS[code].status, headers: afterChanges(headers, decision) };
  }
}

/** Behind a unix socket nobody is known. */
function defaultPeer({ config }: DryListener): string {
  return 'unix' in config.address ? '' : LOCALHOST;
}

function afterChanges(headers: readonly string[], decision: Decision | null): readonly string[] {
  const changes = decision?.responseHeaderChanges ?? null;
  if (changes === null) return headers;
  const kept: string[] = [];
  for (let i = 0; i < headers.length; i += 2) if (!changes.hides(headers[i]!)) kept.push(headers[i]!, headers[i + 1]!);
  return [...kept, ...changes.added];
}

function prepareListener(config: CompiledListener): DryListener {
  const trustedProxies = CidrSet.parse(config.trustedProxies);
  return { config, trustedProxies, secure: config.tls !== null, reader: new HeadReader(config) };
}
