/** For those who ask whether clients are served, not how. */
import type { Dashboard } from './dashboard.ts';
import { of, quantile, rateBy } from './queries.ts';

const FAILED = of('penstock_requests_total', 'status_class="5xx"');
const ALL = of('penstock_requests_total');
const LEFT = of('penstock:route_error_budget:left');
const BUDGET_STEPS = [
  [0, 'red'],
  [0.1, 'orange'],
  [0.5, 'green'],
] as const;

export const EXECUTIVE: Dashboard = {
  uid: 'penstock-executive',
  title: 'Penstock: are clients served',
  about: 'Availability against the budgets of the config, traffic, and what is left of each budget.',
  variables: [],
  from: '7d',
  rows: [
    {
      title: 'Now',
      height: 5,
      panels: [
        {
          title: 'Availability',
          about: 'Share of requests not answered with 5xx, over the time shown.',
          type: 'stat',
          unit: 'percentunit',
          queries: [{ expr: `1 - (sum(rate(${FAILED}[$__range])) or vector(0)) / sum(rate(${ALL}[$__range]))` }],
        },
        {
          title: 'Least budget left',
          about: 'Of the route that has spent most of its 30 days.',
          type: 'stat',
          unit: 'percentunit',
          queries: [{ expr: `min(${LEFT})` }],
          steps: BUDGET_STEPS,
        },
        { title: 'Requests', type: 'stat', unit: 'reqps', queries: [{ expr: `sum(rate(${ALL}[5m]))` }] },
        {
          title: 'Gateways up',
          type: 'stat',
          unit: 'short',
          queries: [{ expr: `sum(${of('up')})` }],
          steps: [
            [0, 'red'],
            [1, 'green'],
          ],
        },
      ],
    },
    {
      title: 'Availability and traffic',
      height: 9,
      panels: [
        {
          title: 'Failed requests, against the strictest budget',
          type: 'timeseries',
          unit: 'percentunit',
          queries: [
            { expr: `(sum(rate(${FAILED}[1h])) or vector(0)) / sum(rate(${ALL}[1h]))`, legend: 'failed (1h)' },
            { expr: `min(${of('penstock:route_error_budget:share')})`, legend: 'budget' },
          ],
        },
        {
          title: 'Requests by status',
          type: 'timeseries',
          unit: 'reqps',
          isStacked: true,
          queries: [{ expr: rateBy('status_class', ALL), legend: '{{status_class}}' }],
        },
      ],
    },
    {
      title: 'Routes',
      height: 10,
      panels: [
        {
          title: 'Budget left, 30 days (the 20 lowest)',
          about: 'Below 0 the budget is overspent.',
          type: 'bargauge',
          unit: 'percentunit',
          range: [-1, 1],
          steps: BUDGET_STEPS,
          queries: [{ expr: `bottomk(20, ${LEFT})`, legend: '{{route}}' }],
        },
        {
          title: 'What clients wait for, p99',
          about: "The gateway's own time apart from the wait for upstreams.",
          type: 'timeseries',
          unit: 's',
          queries: [
            { expr: quantile(0.99, 'penstock_gateway_seconds', ''), legend: 'gateway' },
            { expr: quantile(0.99, 'penstock_upstream_seconds', ''), legend: 'upstreams' },
          ],
        },
      ],
    },
  ],
};
