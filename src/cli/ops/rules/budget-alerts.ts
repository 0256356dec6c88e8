/** Budgets that are spent too fast. */
import { type ErrorObjective, errorObjectives, type TimeObjective, timeObjectives } from '../objectives.ts';
import type { PackFacts } from '../pack-facts.ts';
import { percent, plain, select } from '../promql.ts';
import { type Threshold, thresholdsFor } from './burn-rates.ts';
import { BY_ROUTE, labelsOf } from './recording-rules.ts';
import { type AlertRule, alertOf } from './rule.ts';

/** One failed request among ten is no trend. */
const FEWEST = 5;

export function budgetAlerts(facts: PackFacts): AlertRule[] {
  return [
    ...errorObjectives(facts.config).flatMap((objective) =>
      thresholdsFor(objective.share).map((threshold) => errorBurn(facts, objective, threshold)),
    ),
    ...timeObjectives(facts.config).flatMap((objective) =>
      thresholdsFor(objective.share).map((threshold) => timeBurn(facts, objective, threshold)),
    ),
  ];
}

function errorBurn({ job, admin }: PackFacts, { routes, budget }: ErrorObjective, threshold: Threshold): AlertRule {
  const { severity, long, short } = threshold;
  return alertOf({
    name: 'PenstockErrorBudgetBurn',
    severity,
    expr: burnExpr('penstock:route_failures', [job, routes], threshold),
    labels: { budget, window: long },
    summary: `Route {{ $labels.route }} fails too often for its budget of ${budget}`,
    description:
      `{{ $value | humanizePercentage }} of the requests of route {{ $labels.route }} were answered with 5xx in the last ${long}, ` +
      `and more than ${percent(threshold.share)} in the last ${short}. ${meaning(threshold)}`,
    runbook: '502-503',
    command: `penstock status ${admin}`,
  });
}

function timeBurn({ job, admin }: PackFacts, objective: TimeObjective, threshold: Threshold): AlertRule {
  const { of, figure, budget, routes, bound } = objective;
  const { severity, long, short } = threshold;
  const labels = Object.entries(labelsOf(objective)).map(([name, value]) => `${name}="${value}"`);
  const what =
    of === 'overhead' ? "in the gateway's own hands" : 'in the gateway alone or waiting for the upstream alone';
  return alertOf({
    name: of === 'overhead' ? 'PenstockOverheadBudgetBurn' : 'PenstockLatencyBudgetBurn',
    severity,
    expr: burnExpr('penstock:route_slow', [job, ...labels, routes], threshold),
    labels: { budget: `${figure} ${budget}`, window: long },
    summary: `Route {{ $labels.route }} is too slow for its ${of === 'overhead' ? 'overhead ' : ''}budget of ${figure} ${budget}`,
    description:
      `{{ $value | humanizePercentage }} of the requests of route {{ $labels.route }} spent more than ${bound}s ${what} in the last ${long}, ` +
      `and more than ${percent(threshold.share)} in the last ${short}. ${bound}s is the nearest bucket of the histogram that is not ` +
      `below the budget of ${budget}: what lies between is not seen. ${meaning(threshold)}`,
    runbook: 'latency',
    command: `penstock status ${admin}`,
  });
}

function burnExpr(record: string, matchers: readonly string[], { long, short, share, seconds }: Threshold): string {
  const over = (window: string): string => select(`${record}:ratio_rate${window}`, ...matchers);
  const on = `on (${BY_ROUTE.join(', ')})`;
  return (
    `${over(long)} > ${plain(share)} and ${over(short)} > ${plain(share)} and ` +
    `${over(long)} * ${on} group_left penstock:route_requests:rate${long} * ${seconds} >= ${FEWEST}`
  );
}

function meaning({ burn }: Threshold): string {
  if (burn === Number.POSITIVE_INFINITY) return 'The budget allows for none.';
  return `At this rate, a budget of 30 days is spent in ${Number((30 / burn).toPrecision(2))} days or sooner.`;
}
