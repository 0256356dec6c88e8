/** Compares what the canary did with what the other acceptors did meanwhile: pure, so that it can be held to its promises. */
import { ERROR_CODES, ERRORS, type ErrorCode } from '../../errors/table.ts';
import { STATUS_CLASSES, type StatusClass } from '../../shared-memory/metrics-slab.ts';
import type { SeriesTotals } from '../../shared-memory/slab-reader.ts';
import type { AbortRule } from './abort-rules.ts';

/** What a group did with the requests of a route, or with all. Times in milliseconds; null: nothing was counted. */
export interface GroupFigures {
  readonly requests: number;
  /** Answered with 5xx, or ended with an error of the gateway's own; clients who left are none. */
  readonly errors: number;
  readonly byClass: Readonly<Partial<Record<StatusClass, number>>>;
  readonly byCode: Readonly<Partial<Record<ErrorCode, number>>>;
  readonly gatewayMs: Quantiles;
  readonly upstreamMs: Quantiles;
}

type Quantiles = Readonly<Record<'p50' | 'p90' | 'p99', number | null>>;

export interface RouteComparison {
  /** Null: all routes together; `-`: no route was found. */
  readonly route: string | null;
  readonly canary: GroupFigures;
  readonly others: GroupFigures;
  /** What it breaks, a sentence each. */
  readonly broken: readonly string[];
}

/** Below these, a figure says nothing: one slow request is no percentile, one failed one no rate. */
const FEWEST = { requests: 20, errors: 3, forQuantile: { p50: 100, p90: 300, p99: 1000 } } as const;
/**
 * Standard errors by which the share of errors must be beyond a rule: it is looked at hundreds of times, for every route, and
 * groups that do the same must not be told apart by chance. `judge-canary.test.ts` says how rarely they are.
 */
const CERTAINTY = 3;
/** A difference of less than this is no regression, however many times as much it is. */
const LEAST_MS = 1;

const CLIENT_LEFT: ReadonlySet<ErrorCode> = new Set(['client_aborted', 'client_stalled']);
const QUANTILES = [
  ['p50', 0.5],
  ['p90', 0.9],
  ['p99', 0.99],
] as const;

export function figuresOf(totals: SeriesTotals): GroupFigures {
  const byCode: Partial<Record<ErrorCode, number>> = {};
  ERROR_CODES.forEach((code, index) => {
    if (totals.errors[index]! > 0) byCode[code] = totals.errors[index]!;
  });
  const byClass: Partial<Record<StatusClass, number>> = {};
  STATUS_CLASSES.forEach((name, index) => {
    if (totals.requests[index]! > 0) byClass[name] = totals.requests[index]!;
  });
  const quantiles = (time: SeriesTotals['gatewayTime']): Quantiles =>
    Object.fromEntries(QUANTILES.map(([name, share]) => [name, time.quantileMs(share)])) as Quantiles;
  return {
    requests: totals.requests.reduce((sum, count) => sum + count, 0),
    errors: errorsOf(byCode, byClass['5xx'] ?? 0),
    byClass,
    byCode,
    gatewayMs: quantiles(totals.gatewayTime),
    upstreamMs: quantiles(totals.upstreamTime),
  };
}

/** Errors of the gateway that are answered with 5xx are among those; the upstreams' own 5xx come on top. */
function errorsOf(byCode: GroupFigures['byCode'], serverErrors: number): number {
  let own = 0;
  let ownServerErrors = 0;
  for (const [code, count] of Object.entries(byCode) as [ErrorCode, number][]) {
    if (CLIENT_LEFT.has(code)) continue;
    own += count;
    if (ERRORS[code].status >= 500) ownServerErrors += count;
  }
  return own + Math.max(0, serverErrors - ownServerErrors);
}

/** Compares one route, or all. */
export function compare(
  route: string | null,
  canary: GroupFigures,
  others: GroupFigures,
  rules: readonly AbortRule[],
): RouteComparison {
  const broken = rules.flatMap((rule) => {
    const found = rule.figure === 'errors' ? errorsBroken(rule, canary, others) : timeBroken(rule, canary, others);
    return found === null ? [] : [`${rule.text}: ${found}`];
  });
  return { route, canary, others, broken };
}

function errorsBroken(rule: AbortRule, canary: GroupFigures, others: GroupFigures): string | null {
  if (canary.requests < FEWEST.requests || canary.errors < FEWEST.errors) return null;
  const share = canary.errors / canary.requests;
  const usual = others.requests === 0 ? 0 : others.errors / others.requests;
  const factor = rule.unit === 'times' ? rule.threshold : 1;
  const allowed = usual * factor + (rule.unit === 'times' ? 0 : rule.threshold);
  const doubt = CERTAINTY * Math.hypot(standardError(canary), factor * standardError(others));
  const isBroken = share - doubt > allowed;
  return isBroken ? `${percent(share)} of ${canary.requests} requests failed, ${percent(usual)} elsewhere` : null;
}

/** Of the share of errors (Agresti and Coull, 1998: one more of each kind, so that few requests are not taken for certain). */
function standardError({ errors, requests }: GroupFigures): number {
  if (requests === 0) return 0;
  const share = (errors + 1) / (requests + 2);
  return Math.sqrt((share * (1 - share)) / (requests + 2));
}

/** The gateway's own time and its upstream's are looked at apart: a slow upstream hides no slow gateway. */
function timeBroken(rule: AbortRule, canary: GroupFigures, others: GroupFigures): string | null {
  const figure = rule.figure as keyof Quantiles;
  if (canary.requests < FEWEST.forQuantile[figure]) return null;
  for (const [name, here, there] of [
    ['in the gateway', canary.gatewayMs[figure], others.gatewayMs[figure]],
    ['waiting for the upstream', canary.upstreamMs[figure], others.upstreamMs[figure]],
  ] as const) {
    if (here === null) continue;
    if (rule.unit === 'ms' ? here > rule.threshold : isTimesAsSlow(rule, here, there, others.requests))
      return `${here.toFixed(2)} ms ${name}, ${there === null ? 'nothing' : `${there.toFixed(2)} ms`} elsewhere`;
  }
  return null;
}

function isTimesAsSlow(
  { figure, threshold }: AbortRule,
  here: number,
  there: number | null,
  requests: number,
): boolean {
  if (there === null || requests < FEWEST.forQuantile[figure as keyof Quantiles]) return false;
  return here > there * threshold && here - there > LEAST_MS;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(share < 0.1 ? 2 : 1)}%`;
}
