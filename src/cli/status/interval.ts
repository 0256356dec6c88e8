/** What was done between two looks at a gateway: what an incident is about, where figures since the start would hide it. */
import type { Bucket, RouteLatencies } from '../../telemetry/latencies.ts';
import type { Quantiles, Traffic } from '../../telemetry/traffic.ts';
import type { SeenStatus } from './seen-status.ts';

/** One look: what `/status` and `/latencies` said. */
export interface Look {
  readonly status: SeenStatus;
  /** Null: not asked for, or not to be had. */
  readonly latencies: readonly RouteLatencies[] | null;
  /** On a clock that only goes forward. */
  readonly atMs: number;
}

const NONE: Quantiles = { p50: null, p99: null };

/**
 * The traffic of one look, less that of the one before. Routes that were not listed before count from nothing: they were not busy.
 * Null where counts went back, because the gateway was started anew.
 */
export function trafficBetween(before: Look, after: Look): { routes: Traffic[]; upstreams: Traffic[] } | null {
  if (before.status.startedAt !== after.status.startedAt) return null;
  const [was, is] = [latenciesByRoute(before), latenciesByRoute(after)];
  const routes = subtract(before.status.routes ?? [], after.status.routes ?? []).map((route) => ({
    ...route,
    gatewayMs: quantilesBetween(was.get(route.name)?.gateway, is.get(route.name)?.gateway),
    upstreamMs: quantilesBetween(was.get(route.name)?.upstream, is.get(route.name)?.upstream),
  }));
  return { routes, upstreams: subtract(before.status.upstreams ?? [], after.status.upstreams ?? []) };
}

function subtract(before: readonly Traffic[], after: readonly Traffic[]): Traffic[] {
  const was = new Map(before.map((traffic) => [traffic.name, traffic]));
  return after
    .map((now) => {
      const then = was.get(now.name);
      const less = (read: (traffic: Traffic) => number): number => read(now) - (then === undefined ? 0 : read(then));
      return {
        ...now,
        requests: less(({ requests }) => requests),
        serverErrors: less(({ serverErrors }) => serverErrors),
        gatewayErrors: less(({ gatewayErrors }) => gatewayErrors),
        gatewayMs: NONE,
        upstreamMs: NONE,
      };
    })
    .sort((a, b) => b.requests - a.requests);
}

function latenciesByRoute({ latencies }: Look): ReadonlyMap<string, RouteLatencies> {
  return new Map((latencies ?? []).map((each) => [each.route, each]));
}

/** Of what came in between, by the lower bounds of the buckets (3 % apart). */
export function quantilesBetween(before: readonly Bucket[] = [], after: readonly Bucket[] = []): Quantiles {
  const was = new Map(before);
  const added = after.map(([us, total]): Bucket => [us, total - (was.get(us) ?? 0)]).filter(([, more]) => more > 0);
  return { p50: quantileMs(added, 0.5), p99: quantileMs(added, 0.99) };
}

function quantileMs(buckets: readonly Bucket[], q: number): number | null {
  let left = Math.ceil(buckets.reduce((sum, [, more]) => sum + more, 0) * q);
  for (const [us, more] of buckets) {
    left -= more;
    if (left <= 0) return us / 1000;
  }
  return null;
}
