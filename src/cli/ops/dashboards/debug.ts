/** For whoever looks for the cause: everything apart, by acceptor, endpoint and route. */
import type { Dashboard, Panel, Query } from './dashboard.ts';
import { of, quantile, rateBy } from './queries.ts';

const ROUTE = 'route=~"$route"';
const UPSTREAM = 'upstream=~"$upstream"';
const ACCEPTOR = 'acceptor=~"$acceptor"';

function lines(title: string, unit: string, queries: readonly Query[], about?: string): Panel {
  return { title, type: 'timeseries', unit, queries, ...(about === undefined ? {} : { about }) };
}

export const DEBUG: Dashboard = {
  uid: 'penstock-debug',
  title: 'Penstock: debug',
  about: 'Everything the gateway counts, apart by acceptor, endpoint and route.',
  variables: [
    { name: 'route', label: 'Route', values: ['penstock_requests_total{job=~"$job"}', 'route'] },
    { name: 'upstream', label: 'Upstream', values: ['penstock_upstream_requests_total{job=~"$job"}', 'upstream'] },
    { name: 'acceptor', label: 'Acceptor', values: ['penstock_connections{job=~"$job"}', 'acceptor'] },
  ],
  from: '1h',
  rows: [
    {
      title: 'Time',
      height: 9,
      panels: [
        {
          title: "The gateway's own time",
          type: 'heatmap',
          unit: 'short',
          queries: [{ expr: rateBy('le', of('penstock_gateway_seconds_bucket', ROUTE)), legend: '{{le}}' }],
        },
        {
          title: 'Waiting for upstreams',
          type: 'heatmap',
          unit: 'short',
          queries: [{ expr: rateBy('le', of('penstock_upstream_seconds_bucket', ROUTE)), legend: '{{le}}' }],
        },
        lines('p99 by route, gateway', 's', [
          { expr: `topk(10, ${quantile(0.99, 'penstock_gateway_seconds', 'route', ROUTE)})`, legend: '{{route}}' },
        ]),
        lines('p99 by upstream', 's', [
          { expr: quantile(0.99, 'penstock_upstream_request_seconds', 'upstream', UPSTREAM), legend: '{{upstream}}' },
        ]),
      ],
    },
    {
      title: 'Acceptors',
      height: 8,
      panels: [
        lines('Connections', 'short', [
          { expr: of('penstock_connections', ACCEPTOR), legend: '{{instance}} {{acceptor}}' },
        ]),
        lines('In flight', 'short', [
          { expr: of('penstock_exchanges_in_flight', ACCEPTOR), legend: '{{instance}} {{acceptor}}' },
        ]),
        lines('Generation', 'short', [
          { expr: of('penstock_config_generation', ACCEPTOR), legend: '{{instance}} {{acceptor}}' },
        ]),
        lines('Restarts', 'short', [
          { expr: `increase(${of('penstock_acceptor_restarts_total')}[$__rate_interval])`, legend: '{{instance}}' },
        ]),
      ],
    },
    {
      title: 'Upstreams and endpoints',
      height: 8,
      panels: [
        lines('In flight by endpoint', 'short', [
          { expr: of('penstock_endpoint_in_flight', UPSTREAM), legend: '{{upstream}} {{endpoint}}' },
        ]),
        lines('Health by endpoint', 'short', [
          { expr: of('penstock_endpoint_up', UPSTREAM), legend: 'up {{endpoint}}' },
          { expr: of('penstock_endpoint_ejected', UPSTREAM), legend: 'ejected {{endpoint}}' },
          { expr: of('penstock_endpoint_circuit', UPSTREAM), legend: 'circuit {{endpoint}}' },
        ]),
        lines('Ejections, and circuits that opened', 'short', [
          {
            expr: `increase(${of('penstock_endpoint_ejections_total', UPSTREAM)}[$__rate_interval])`,
            legend: 'ejected {{endpoint}}',
          },
          {
            expr: `increase(${of('penstock_endpoint_circuit_opened_total', UPSTREAM)}[$__rate_interval])`,
            legend: 'opened {{endpoint}}',
          },
        ]),
        lines('Connections, and requests that wait for one', 'short', [
          { expr: of('penstock_upstream_connections', UPSTREAM), legend: '{{upstream}} open' },
          { expr: of('penstock_upstream_waiting', UPSTREAM), legend: '{{upstream}} waiting' },
        ]),
        lines('Retries', 'reqps', [
          { expr: rateBy('upstream', of('penstock_upstream_retries_total', UPSTREAM)), legend: '{{upstream}} made' },
          {
            expr: rateBy('upstream', of('penstock_upstream_retries_refused_total', UPSTREAM)),
            legend: '{{upstream}} refused',
          },
        ]),
      ],
    },
    {
      title: 'Policies',
      height: 8,
      panels: [
        lines('Cache: share of hits', 'percentunit', [
          {
            expr: `${rateBy('route', of('penstock_cache_requests_total', ROUTE, 'result="hit"'))} / ${rateBy('route', of('penstock_cache_requests_total', ROUTE))}`,
            legend: '{{route}}',
          },
        ]),
        lines('Limits: refused, and would have been', 'reqps', [
          {
            expr: rateBy(
              'route',
              of('penstock_gateway_errors_total', ROUTE, 'code=~"rate_limited|quota_exceeded|concurrency_exceeded"'),
            ),
            legend: '{{route}} refused',
          },
          { expr: rateBy('route', of('penstock_rate_limit_dry_run_total', ROUTE)), legend: '{{route}} on trial' },
        ]),
        lines('Limits: keys forgotten', 'reqps', [
          { expr: rateBy('instance', of('penstock_rate_limit_evictions_total')), legend: '{{instance}}' },
        ]),
        lines('Errors by route and code', 'reqps', [
          {
            expr: `topk(15, ${rateBy('route, code', of('penstock_gateway_errors_total', ROUTE))})`,
            legend: '{{route}}: {{code}}',
          },
        ]),
      ],
    },
    {
      title: 'The process and what it writes',
      height: 8,
      panels: [
        lines('Memory of the supervisor', 'bytes', [
          { expr: of('process_resident_memory_bytes'), legend: '{{instance}}' },
        ]),
        lines('CPU of the supervisor', 'short', [
          { expr: rateBy('instance', of('process_cpu_seconds_total')), legend: '{{instance}}' },
        ]),
        lines('Open files of the supervisor', 'short', [{ expr: of('process_open_fds'), legend: '{{instance}}' }]),
        lines('Body bytes', 'Bps', [
          { expr: rateBy('instance', of('penstock_request_bytes_total', ROUTE)), legend: 'in {{instance}}' },
          { expr: rateBy('instance', of('penstock_response_bytes_total', ROUTE)), legend: 'out {{instance}}' },
        ]),
        lines('Lost: log lines and spans', 'short', [
          { expr: rateBy('instance', of('penstock_access_log_dropped_total')), legend: 'log lines {{instance}}' },
          { expr: rateBy('instance', of('penstock_spans_dropped_total')), legend: 'spans dropped {{instance}}' },
          { expr: rateBy('instance', of('penstock_spans_failed_total')), legend: 'spans refused {{instance}}' },
        ]),
      ],
    },
  ],
};
