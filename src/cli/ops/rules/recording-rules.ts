/** What alerts and dashboards share, worked out once: rates and shares by route, over every window that a burn rate looks at. */
import { errorObjectives, type TimeObjective, timeObjectives } from '../objectives.ts';
import type { PackFacts } from '../pack-facts.ts';
import { boundIs, plain, select, sumOfRates } from '../promql.ts';
import { WINDOWS } from './burn-rates.ts';
import { codesOf } from './error-codes.ts';
import type { RecordingRule, RuleGroup } from './rule.ts';

export const BY_ROUTE = ['job', 'route'] as const;
/** A budget of errors is one of this many days. */
const BUDGET_DAYS = 30;

export function recordingRules(facts: PackFacts): RuleGroup<RecordingRule>[] {
  const groups = [
    { name: 'penstock-routes', rules: WINDOWS.flatMap((window) => routeRules(facts, window)) },
    { name: 'penstock-times', rules: timeRules(facts) },
    { name: 'penstock-refusals', rules: refusalRules(facts) },
    // Thirty days of samples change little from one minute to the next.
    { name: 'penstock-budgets', interval: '5m', rules: budgetRules(facts) },
  ];
  return groups.filter(({ rules }) => rules.length > 0);
}

function routeRules({ job }: PackFacts, window: string): RecordingRule[] {
  const failures = sumOfRates(BY_ROUTE, select('penstock_requests_total', job, 'status_class="5xx"'), window);
  const all = select(`penstock:route_requests:rate${window}`, job);
  return [
    {
      record: `penstock:route_requests:rate${window}`,
      expr: sumOfRates(BY_ROUTE, select('penstock_requests_total', job), window),
    },
    {
      record: `penstock:route_failures:ratio_rate${window}`,
      // A route without a failure has no series of its failures: its share is 0, not unknown.
      expr: `(${failures} or ${all} * 0) / (${all} > 0)`,
    },
  ];
}

function timeRules(facts: PackFacts): RecordingRule[] {
  return timeObjectives(facts.config).flatMap((objective) =>
    WINDOWS.map((window) => ({
      record: `penstock:route_slow:ratio_rate${window}`,
      expr: slowShare(facts, objective, window),
      labels: labelsOf(objective),
    })),
  );
}

/** What tells a recorded share of slow requests from others. */
export function labelsOf({ of, figure, budget, bound }: TimeObjective): Record<string, string> {
  return { of, figure, budget, bound: `${bound}s` };
}

/**
 * Requests beyond the bound, as a share. For a latency that is: those whose wait for the upstream alone, and those whose time in the
 * gateway alone was longer. Where only both together are, the histograms do not tell.
 */
function slowShare({ job }: PackFacts, { of, routes, bound }: TimeObjective, window: string): string {
  const rate = (metric: string, ...matchers: string[]): string =>
    sumOfRates(BY_ROUTE, select(metric, job, routes, ...matchers), window);
  const beyond = (metric: string): string => `${rate(`${metric}_count`)} - ${rate(`${metric}_bucket`, boundIs(bound))}`;
  const all = `(${rate('penstock_gateway_seconds_count')} > 0)`;
  const inGateway = `(${beyond('penstock_gateway_seconds')}) / ${all}`;
  if (of === 'overhead') return inGateway;
  return `(${beyond('penstock_upstream_seconds')}) / ${all} + ${inGateway} or ${inGateway}`;
}

function refusalRules({ job }: PackFacts): RecordingRule[] {
  const share = (record: string, status: number): RecordingRule => ({
    record,
    expr: `${sumOfRates(BY_ROUTE, select('penstock_gateway_errors_total', job, codesOf(status)), '5m')} / (${select('penstock:route_requests:rate5m', job)} > 0)`,
  });
  return [share('penstock:route_unauthenticated:ratio_rate5m', 401), share('penstock:route_limited:ratio_rate5m', 429)];
}

function budgetRules({ config, job }: PackFacts): RecordingRule[] {
  const objectives = errorObjectives(config);
  if (objectives.length === 0) return [];
  const shares = objectives.map(({ routes, share, budget }) => ({
    record: 'penstock:route_error_budget:share',
    expr: `group by (${BY_ROUTE.join(', ')}) (${select('penstock_requests_total', job, routes)}) * ${plain(share)}`,
    labels: { budget },
  }));
  const [failures, requests] = ['penstock:route_failures:ratio_rate5m', 'penstock:route_requests:rate5m'].map(
    (record) => select(record, job),
  );
  const failed = `sum_over_time((${failures} * ${requests})[${BUDGET_DAYS}d:5m])`;
  const asked = `sum_over_time(${requests}[${BUDGET_DAYS}d:5m])`;
  const ratio = `penstock:route_failures:ratio_rate${BUDGET_DAYS}d`;
  const by = BY_ROUTE.join(', ');
  return [
    ...shares,
    { record: ratio, expr: `${failed} / (${asked} > 0)` },
    {
      record: 'penstock:route_error_budget:left',
      expr:
        `1 - ${select(ratio, job)} / on (${by}) ` +
        `(sum by (${by}) (${select('penstock:route_error_budget:share', job)}) > 0)`,
    },
  ];
}
