/** What `explain` says about a request, as one plain document: `--json` prints it, explanation-page.ts makes text of it. */
import type { RouteRecord } from '../../config/compiled.ts';
import type { Phase } from '../../decision/policies/phases.ts';
import { policyDefinition } from '../../decision/policies/registry.ts';
import { findNearMisses, type NearMiss } from '../../decision/route/near-misses.ts';
import { ERRORS, type ErrorCode } from '../../errors/table.ts';
import type { TracedStep } from './decision-trace.ts';
import type { DryExchange, Outcome } from './dry-exchange.ts';
import type { DryGateway } from './dry-gateway.ts';
import { credentialNames, Masking } from './masking.ts';
import { outgoingRequest, pairsOf } from './outgoing-request.ts';

/** Losers that are told of; the rest are counted. */
const MOST_LOSERS = 20;

export interface Explanation {
  readonly request: ExplainedRequest;
  readonly route: { readonly name: string; readonly source: string; readonly path: string } | null;
  /** Routes whose path fits the request and that did not get it, those that came nearest first. */
  readonly losers: readonly ExplainedLoser[];
  /** How many more there are. */
  readonly moreLosers: number;
  readonly policies: readonly ExplainedPolicy[];
  readonly consumer: string | null;
  /** Names of the verified claims. */
  readonly claims: readonly string[];
  readonly outcome: ExplainedOutcome;
  /** What was taken for granted, in words. */
  readonly assumptions: readonly string[];
}

export interface ExplainedRequest {
  readonly method: string;
  readonly listener: string;
  readonly scheme: 'http' | 'https';
  /** Normalised; empty when the request was refused before. */
  readonly host: string;
  readonly path: string;
  /** As sent. */
  readonly rawPath: string;
  readonly query: string | null;
  readonly peer: string;
  readonly clientIp: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly bodyBytes: number;
}

export interface ExplainedLoser {
  readonly name: string;
  readonly source: string;
  readonly path: string;
  /** In words. */
  readonly why: string;
}

/** `not-asked`: a policy before it decided. `response`: it has nothing to say about requests. */
export interface ExplainedPolicy extends Omit<TracedStep, 'verdict'> {
  readonly verdict: TracedStep['verdict'] | 'not-asked' | 'response';
}

export interface ExplainedOutcome {
  readonly kind: Outcome['kind'];
  /** Of the gateway's own error, or of a policy's answer; null for a request that is forwarded. */
  readonly status: number | null;
  readonly code: ErrorCode | null;
  readonly detail: string | null;
  /** What the gateway adds to the response, as far as it is known without one. */
  readonly responseHeaders: readonly (readonly [name: string, value: string])[];
  readonly forward: ExplainedForward | null;
}

export interface ExplainedForward {
  readonly upstream: string;
  /** One of these is asked; the Host and framing shown are for the first. */
  readonly endpoints: readonly { readonly url: string; readonly weight: number }[];
  readonly method: string;
  readonly target: string;
  readonly host: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly bodyBytes: number;
  readonly timeoutMs: number;
  readonly headTimeoutMs: number;
  readonly idleTimeoutMs: number;
  readonly retries: number;
}

/** @param steps what the policies said while the exchange was decided */
export function explainExchange(gateway: DryGateway, exchange: DryExchange, steps: readonly TracedStep[]): Explanation {
  const { route, decision } = exchange;
  const ids = route?.policies ?? [];
  const masking = new Masking(credentialNames(ids.map((id) => gateway.compiled.policies[id]!)));
  const mask = (pairs: readonly (readonly [string, string])[]): (readonly [string, string])[] =>
    pairs.map(([name, value]) => [name, masking.header(name, value)]);
  const { compiled } = gateway;
  const isMatched = exchange.path !== '' && exchange.host !== '';
  const misses = isMatched ? findNearMisses(compiled.matches, exchange, route?.index ?? -1) : [];
  const { head } = exchange.downstream;
  return {
    request: {
      method: exchange.method,
      listener: exchange.listener,
      scheme: exchange.scheme,
      host: exchange.host,
      path: exchange.path,
      rawPath: head.rawPath,
      query: exchange.query === null ? null : masking.query(exchange.query),
      peer: head.peer,
      clientIp: exchange.clientIp,
      headers: mask(pairsOf(exchange.headers)),
      bodyBytes: exchange.body.length,
    },
    route: route === null ? null : { name: route.name, source: route.source, path: route.path },
    losers: misses.slice(0, MOST_LOSERS).map((miss) => explainLoser(miss, compiled.routes[miss.route]!)),
    moreLosers: Math.max(0, misses.length - MOST_LOSERS),
    policies: explainPolicies(exchange, steps),
    consumer: decision?.consumer?.name ?? null,
    claims: Object.keys(decision?.claims ?? {}),
    outcome: explainOutcome(exchange, exchange.outcome!, masking, mask),
    assumptions: assumptionsOf(exchange),
  };
}

const ASSUMED: Readonly<Partial<Record<Phase, string>>> = {
  authentication: 'keys that would be fetched are not there',
  limits: 'counters begin empty: limits are those of the first request',
  cache: 'caches begin empty',
};

function assumptionsOf({ route, decision, outcome }: DryExchange): string[] {
  const phases = new Set((route?.chain?.steps ?? []).map(({ name }) => policyDefinition(name).phase));
  const assumed = [...phases].flatMap((phase) => ASSUMED[phase] ?? []);
  const isAnswered = outcome!.kind === 'forward' && decision !== null && route!.chain!.hasResponse;
  return isAnswered ? [...assumed, 'the upstream answers with an empty 200'] : assumed;
}

type Pairs = readonly (readonly [string, string])[];

function explainOutcome(
  exchange: DryExchange,
  outcome: Outcome,
  masking: Masking,
  mask: (pairs: Pairs) => Pairs,
): ExplainedOutcome {
  const changes = exchange.decision?.responseHeaderChanges ?? null;
  if (outcome.kind === 'forward') {
    const forward = explainForward(exchange, outcome, masking, mask);
    const responseHeaders = mask(pairsOf(changes?.added ?? []));
    return { kind: 'forward', status: null, code: null, detail: null, responseHeaders, forward };
  }
  const code = outcome.kind === 'answer' ? null : outcome.code;
  const detail = code === null ? null : ERRORS[code].detail;
  const responseHeaders = mask(pairsOf(outcome.headers));
  return { kind: outcome.kind, status: outcome.status, code, detail, responseHeaders, forward: null };
}

function explainForward(
  exchange: DryExchange,
  { upstream }: Outcome & { kind: 'forward' },
  masking: Masking,
  mask: (pairs: Pairs) => Pairs,
): ExplainedForward {
  const outgoing = outgoingRequest(exchange);
  const { forward } = exchange.route!;
  return {
    upstream: upstream.name,
    endpoints: upstream.endpoints.map(({ name, weight }) => ({ url: name, weight })),
    ...outgoing,
    target: masking.target(outgoing.target),
    headers: mask(outgoing.headers),
    bodyBytes: exchange.decision?.requestBody?.length ?? exchange.body.length,
    timeoutMs: forward.timeout,
    headTimeoutMs: forward.headTimeout,
    idleTimeoutMs: forward.idleTimeout,
    retries: forward.retries,
  };
}

function explainPolicies({ route, decision }: DryExchange, steps: readonly TracedStep[]): ExplainedPolicy[] {
  const chain = route?.chain ?? null;
  if (chain === null) return [];
  const asked = [...steps];
  const request = chain.steps.map(({ name, source, policy }, at): ExplainedPolicy => {
    const next = asked[0];
    if (policy.onRequest !== null && next?.stage === 'request' && next.source === source && next.policy === name)
      return asked.shift()!;
    const { phase } = policyDefinition(name);
    const isAsked = at < (decision?.begun ?? 0);
    return { policy: name, phase, source, stage: 'request', verdict: isAsked ? 'response' : 'not-asked', notes: [] };
  });
  return [...request, ...asked];
}

function explainLoser(miss: NearMiss, { name, source, path }: RouteRecord): ExplainedLoser {
  return { name, source, path, why: whyLost(miss) };
}

const OUTRANKED = {
  host: 'its host is less exact',
  path: 'its path is less exact',
  methods: 'the route taken names methods',
  headers: 'the route taken asks for more headers',
  query: 'the route taken asks for more query parameters',
  order: 'it stands further down',
} as const satisfies Record<NonNullable<NearMiss['outranked']>, string>;

function whyLost({ unmet, outranked }: NearMiss): string {
  if (outranked !== null) return `takes the request too, but ${OUTRANKED[outranked]}`;
  if (unmet.length === 0) return 'takes the request too';
  const wants = unmet.map(({ condition, name, expected }) => {
    const [first = ''] = expected;
    const all =
      expected.length > 4 ? `${expected.slice(0, 4).join(', ')} or ${expected.length - 4} more` : expected.join(' or ');
    if (condition === 'header') return `header ${name}: ${new Masking().header(name, first)}`;
    if (condition === 'query') return `query ${new Masking().query(`${name}=${first}`)}`;
    return `${condition} ${all}`;
  });
  return `wants ${wants.join(' and ')}`;
}
