/** For whoever was woken: what is wrong, since when, and whose doing it is. */
import type { Dashboard, Panel } from './dashboard.ts';
import { of, rateBy, times } from './queries.ts';

const ROUTE = 'route=~"$route"';

/** Something of which there should be none. */
function none(title: string, expr: string, about?: string): Panel {
  return {
    ...{ title, type: 'stat', unit: 'short', queries: [{ expr: `${expr} or vector(0)` }] },
    ...(about === undefined ? {} : { about }),
    steps: [
      [0, 'green'],
      [1, 'red'],
    ],
  };
}

export const ON_CALL: Dashboard = {
  uid: 'penstock-on-call',
  title: 'Penstock: on call',
  about:
    'From what is wrong now to whose doing it is: errors by code, the gateway apart from its upstreams, health, configuration.',
  variables: [{ name: 'route', label: 'Route', values: ['penstock_requests_total{job=~"$job"}', 'route'] }],
  from: '3h',
  rows: [
    {
      title: 'Wrong now',
      height: 4,
      panels: [
        none('Alerts', 'count(ALERTS{alertname=~"Penstock.*", alertstate="firing"})', 'Firing ones of these gateways.'),
        none('Gateways down', `count(${of('up')} == 0)`),
        none('Endpoints down', `count(${of('penstock_endpoint_up')} == 0)`),
        none('Circuits open', `count(${of('penstock_endpoint_circuit')} > 0)`),
        none(
          'Acceptors behind',
          `count(${of('penstock_config_generation')} != on (job, instance) group_left () ${of('penstock_config_published_generation')})`,
          'They serve another configuration than the one published last.',
        ),
        none('Drift', `max(${of('penstock_config_drift')})`, 'What runs is not what the source says.'),
        none('Levers', `sum(${of('penstock_levers')})`, 'Changed by hand.'),
        none(
          'Restarts (1h)',
          `ceil(sum(increase(${of('penstock_acceptor_restarts_total')}[1h])))`,
          'Acceptors that died.',
        ),
      ],
    },
    {
      title: 'What fails',
      height: 9,
      panels: [
        {
          title: "Errors of the gateway's own, by code",
          about: 'docs/errors.md says what each code means.',
          type: 'timeseries',
          unit: 'reqps',
          isStacked: true,
          queries: [{ expr: rateBy('code', of('penstock_gateway_errors_total', ROUTE)), legend: '{{code}}' }],
        },
        {
          title: 'Share of 5xx, by route (the 10 worst)',
          about:
            "Also those that upstreams answered by themselves: more here than left means it is the upstream's doing.",
          type: 'timeseries',
          unit: 'percentunit',
          queries: [
            { expr: `topk(10, ${of('penstock:route_failures:ratio_rate5m', ROUTE)} > 0)`, legend: '{{route}}' },
          ],
        },
        {
          title: 'Requests by status',
          type: 'timeseries',
          unit: 'reqps',
          isStacked: true,
          queries: [{ expr: rateBy('status_class', of('penstock_requests_total', ROUTE)), legend: '{{status_class}}' }],
        },
      ],
    },
    {
      title: 'Who is slow',
      height: 9,
      panels: [
        {
          title: "The gateway's own time",
          about: 'Grows: the machine is busy, or a policy is expensive.',
          type: 'timeseries',
          unit: 's',
          queries: times('penstock_gateway_seconds', ROUTE),
        },
        {
          title: 'Waiting for upstreams',
          about: 'Grows: an upstream is slow, or its connections are all busy.',
          type: 'timeseries',
          unit: 's',
          queries: times('penstock_upstream_seconds', ROUTE),
        },
        {
          title: 'Requests that wait for a connection',
          type: 'timeseries',
          unit: 'short',
          queries: [{ expr: `sum by (upstream) (${of('penstock_upstream_waiting')})`, legend: '{{upstream}}' }],
        },
      ],
    },
    {
      title: 'Upstreams',
      height: 9,
      panels: [
        {
          title: 'Healthy endpoints, as a share',
          type: 'timeseries',
          unit: 'percentunit',
          range: [0, 1],
          queries: [
            {
              expr: `avg by (upstream) (${of('penstock_endpoint_up')} * (1 - ${of('penstock_endpoint_ejected')}))`,
              legend: '{{upstream}}',
            },
          ],
        },
        {
          title: 'Errors by upstream and code',
          type: 'timeseries',
          unit: 'reqps',
          queries: [
            { expr: rateBy('upstream, code', of('penstock_upstream_errors_total')), legend: '{{upstream}}: {{code}}' },
          ],
        },
        {
          title: 'Turned away: 401 and 429, as a share',
          type: 'timeseries',
          unit: 'percentunit',
          queries: [
            { expr: `topk(5, ${of('penstock:route_unauthenticated:ratio_rate5m', ROUTE)})`, legend: '401 {{route}}' },
            { expr: `topk(5, ${of('penstock:route_limited:ratio_rate5m', ROUTE)})`, legend: '429 {{route}}' },
          ],
        },
      ],
    },
    {
      title: 'Configuration and acceptors',
      height: 8,
      panels: [
        {
          title: 'Generation published, and served',
          type: 'timeseries',
          unit: 'short',
          queries: [
            { expr: of('penstock_config_published_generation'), legend: '{{instance}} published' },
            { expr: of('penstock_config_generation'), legend: '{{instance}} acceptor {{acceptor}}' },
          ],
        },
        {
          title: 'Configurations refused',
          type: 'timeseries',
          unit: 'short',
          queries: [
            {
              expr: `increase(${of('penstock_config_reloads_total', 'result="refused"')}[$__rate_interval])`,
              legend: '{{instance}}',
            },
          ],
        },
        {
          title: 'Requests in flight, by acceptor',
          about: 'One that grows alone hangs.',
          type: 'timeseries',
          unit: 'short',
          queries: [{ expr: of('penstock_exchanges_in_flight'), legend: '{{instance}} {{acceptor}}' }],
        },
        {
          title: 'Certificates: time left (the 5 shortest)',
          type: 'table',
          unit: 's',
          queries: [{ expr: `bottomk(5, ${of('penstock_certificate_not_after_seconds')} - time())` }],
        },
      ],
    },
  ],
};
