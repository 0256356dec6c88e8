import type { CompiledPolicy } from '../../config/compiled.ts';
import type { ErrorCode } from '../../errors/table.ts';
import type { DryExchange } from '../dry-gateway/dry-exchange.ts';

/** A policy at its place in a config. */
export type PolicyPlace = Pick<CompiledPolicy, 'policy' | 'source'>;

/** What one config decides about a request, as far as two of them are compared by it. */
export interface Decided {
  /** `none`: no route takes it. */
  readonly kind: 'forward' | 'refuse' | 'answer' | 'none';
  readonly route: string | null;
  /** `file:line:column` of the route. */
  readonly routeSource: string | null;
  /** Null: none is asked. */
  readonly upstream: string | null;
  /** Of the gateway's own answer; null: the upstream's is not known. */
  readonly status: number | null;
  readonly code: ErrorCode | null;
  /** Who refused or answered; null: the gateway itself. */
  readonly policy: PolicyPlace | null;
  readonly consumer: string | null;
  readonly exchange: DryExchange;
}

export function decidedOf(exchange: DryExchange): Decided {
  const { outcome, route, decision } = exchange;
  const { kind } = outcome!;
  const isPolicys = decision !== null && (decision.error !== null || decision.own !== null) && kind !== 'forward';
  const step = isPolicys ? route!.chain!.steps[decision.step]! : null;
  return {
    kind,
    route: route === null ? null : route.name,
    routeSource: route === null ? null : route.source,
    upstream: outcome!.kind === 'forward' ? outcome!.upstream.name : null,
    status: outcome!.kind === 'forward' ? null : outcome!.status,
    code: outcome!.kind === 'refuse' || outcome!.kind === 'none' ? outcome!.code : null,
    policy: step === null ? null : { policy: step.name, source: step.source },
    consumer: decision?.consumer?.name ?? null,
    exchange,
  };
}

const LIMIT_CODES: ReadonlySet<string | null> = new Set(['rate_limited', 'quota_exceeded', 'concurrency_exceeded']);

/** Whether a limit refuses so. */
export function isLimitCode(code: ErrorCode | null): boolean {
  return LIMIT_CODES.has(code);
}
