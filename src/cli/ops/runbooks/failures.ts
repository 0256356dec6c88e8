/** Runbooks about requests that fail or are slow. */
import type { Config } from '../../../config/schema/schema.ts';
import type { PackFacts } from '../pack-facts.ts';
import { select } from '../promql.ts';
import { code, examplesOf, listed } from './names.ts';
import type { Runbook } from './runbook.ts';

export function failures({ config, admin, job }: PackFacts): Runbook {
  const { upstream, endpoint, request, route } = examplesOf(config);
  return {
    title: '502 and 503: requests that nobody answers',
    means:
      'Clients get 502 (an upstream was asked and no answer came of it) or 503 (there was nobody to ask). The header `penstock-error` of the ' +
      'answer, and `code` in its body, say which of the reasons below it is. A 5xx without that header was answered by the upstream itself.',
    confirm: [
      ['Who is unfit, and since when. The first lines say what is wrong.', `penstock status ${admin}`],
      [
        'Which routes, and which codes:',
        `topk(10, sum by (route, code) (rate(${select('penstock_gateway_errors_total', job)}[5m])))`,
      ],
      ['Did it begin with a change? Compare the times.', `penstock history ${admin}`],
      ['What the gateway would do with such a request:', `penstock explain ${request}`],
    ],
    causes: [
      '`upstream_connect_failed`, `upstream_unavailable`, `upstream_circuit_open`: the servers are down, or not where the config says.',
      'A configuration that was just published: another upstream, another path sent to it, TLS where there is none.',
      '`upstream_closed`: servers crash, or close idle connections before the gateway does (`connections.idleTimeout` must be the shorter one).',
      '`upstream_queue_full`, `upstream_queue_timeout`, `upstream_overloaded`: more requests than the servers get done; see latency.md.',
      '`upstream_tls_failed`: a certificate of the upstream; see tls.md.',
      '`route_disabled`: somebody pulled the lever of the route; `penstock levers` says who and why.',
      '`internal_error`, `policy_failed`: a fault of the gateway or of a policy; the gateway log has the stack.',
    ],
    here: listed(Object.entries(config.upstreams), ([name, { endpoints }]) => upstreamLine(config, name, endpoints)),
    act: [
      [
        'It began with a change of the config: go back first, ask questions later.',
        `penstock rollback ${admin} --why 'answers 502'`,
      ],
      [
        'One endpoint fails and others do not: take it out.',
        `penstock pull endpoint-out ${upstream} ${endpoint} --why 'fails' --for 1h ${admin}`,
      ],
      [
        'A whole upstream is down and its clients hang or retry without end: let their route answer at once.',
        `penstock pull kill-route ${route} --why 'upstream is down' --for 30m ${admin}`,
      ],
      ['The servers are down: start them. Active checks take them back by themselves.', null],
    ],
    helps: [
      'Back to the configuration that was live before, on every acceptor in under a second:',
      `penstock rollback ${admin} --why 'answers 502'`,
    ],
  };
}

function upstreamLine(
  { routes }: Config,
  name: string,
  endpoints: readonly { readonly url: { readonly name: string } }[],
): string {
  const users = routes.filter(({ forward }) => forward !== undefined && upstreamsOf(forward.upstream).includes(name));
  const first = users.slice(0, 5).map((route) => code(route.name));
  const more = users.length > first.length ? ` and ${users.length - first.length} more` : '';
  const hosts = endpoints
    .slice(0, 5)
    .map(({ url }) => code(url.name))
    .join(', ');
  return `upstream ${code(name)}: ${hosts}; routes ${first.length === 0 ? 'none' : first.join(', ') + more}`;
}

function upstreamsOf(upstream: string | readonly { readonly upstream: string }[]): readonly string[] {
  return typeof upstream === 'string' ? [upstream] : upstream.map((share) => share.upstream);
}

export function latency({ config, admin, job }: PackFacts): Runbook {
  const { upstream, endpoint, route } = examplesOf(config);
  const p99 = (metric: string): string =>
    `histogram_quantile(0.99, sum by (route, le) (rate(${select(`${metric}_bucket`, job)}[5m])))`;
  return {
    title: 'Latency: requests that take too long',
    means:
      'Clients wait longer than a budget allows, or get 504. The gateway counts its own time apart from its wait for upstreams, so the first question is whose doing it is.',
    confirm: [
      ['Gateway and upstream beside each other, by route:', `penstock status --watch ${admin}`],
      ["The gateway's own time:", p99('penstock_gateway_seconds')],
      ['The wait for upstreams:', p99('penstock_upstream_seconds')],
      ['Requests that wait because every connection is busy:', select('penstock_upstream_waiting', job)],
    ],
    causes: [
      'The upstream is slow: its wait grows, the own time of the gateway does not. Look at its own dashboards.',
      'One endpoint of several is slow: the median is as always, the p99 is not.',
      'Connections run out: requests wait although the servers are idle; raise `connections.perEndpoint`.',
      'The machine is busy: the own time grows on all routes at once. Look for other processes, and for CPU limits of the container.',
      'A policy is expensive: the own time grows on some routes alone. `transform`, `validate` and signature checks work on whole bodies.',
      'Retries hide failures and cost time; see 502-503.md.',
    ],
    here: listed(
      config.routes.filter(({ budget }) => budget !== undefined),
      ({ name }) => `route ${code(name)} has a budget of its own`,
    ),
    act: [
      ['It began with a change of the config: go back.', `penstock rollback ${admin} --why 'slow since the change'`],
      [
        'One endpoint is slow: take it out, as long as the others can carry it.',
        `penstock pull endpoint-out ${upstream} ${endpoint} --why 'slow' --for 1h ${admin}`,
      ],
      [
        'Too many requests for what the servers get done: refuse some, so that the rest is served.',
        `penstock pull limit ${route} 100/s --why 'overload' --for 30m ${admin}`,
      ],
      [
        'The gateway itself is slow and nothing explains it: keep evidence before anything is restarted.',
        `penstock record --out slow.ndjson.gz --for 60s ${admin}`,
      ],
    ],
    helps: [
      'Take the slow endpoint out of rotation:',
      `penstock pull endpoint-out ${upstream} ${endpoint} --why 'slow' --for 1h ${admin}`,
    ],
  };
}

export function routingLoop({ config, admin, job }: PackFacts): Runbook {
  const { request, route } = examplesOf(config);
  return {
    title: 'Routing loop: requests that come back',
    means:
      'Clients get 508 `loop_detected`: the request had passed through this gateway before, as its `Via` header says. Nothing is harmed by it, but nothing is served either.',
    confirm: [
      [
        'Which routes:',
        `sum by (route) (rate(${select('penstock_gateway_errors_total', job, 'code="loop_detected"')}[5m]))`,
      ],
      ['Where such a request would be sent:', `penstock explain ${request}`],
      ['What changed last:', `penstock history ${admin}`],
    ],
    causes: [
      'An endpoint is the address of this gateway, or of the load balancer before it. DNS has moved, or a name was reused.',
      'The upstream is a proxy that sends what it does not know back to the edge, above all with `host: preserve`.',
      'Two gateways are the upstreams of each other.',
      'The upstream redirects inside by itself to the public name.',
    ],
    here: listed(
      Object.entries(config.upstreams),
      ([name, { endpoints }]) =>
        `upstream ${code(name)}: ${endpoints
          .slice(0, 5)
          .map(({ url }) => code(url.name))
          .join(', ')}`,
    ),
    act: [
      ['It began with a change of the config: go back.', `penstock rollback ${admin} --why 'requests loop'`],
      ['It began without one: look up every endpoint above from the machine of the gateway.', 'getent hosts NAME'],
      [
        'The loop takes capacity from others: end it here.',
        `penstock pull kill-route ${route} --why 'requests loop' --for 30m ${admin}`,
      ],
    ],
    helps: ['Where the request goes, and by which line of the config:', `penstock explain ${request}`],
  };
}
