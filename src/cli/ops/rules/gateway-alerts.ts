/** The gateway itself: its processes, memory, logs and limits. */
import type { PackFacts } from '../pack-facts.ts';
import { select } from '../promql.ts';
import { codes } from './error-codes.ts';
import { type AlertRule, alertOf } from './rule.ts';

export function gatewayAlerts({ job, admin }: PackFacts): AlertRule[] {
  const metric = (name: string, ...matchers: string[]): string => select(name, job, ...matchers);
  const status = `penstock status ${admin}`;
  return [
    alertOf({
      name: 'PenstockAbsent',
      severity: 'page',
      expr: `absent(${metric('penstock_build_info')})`,
      for: '2m',
      summary: 'No gateway is seen',
      description: 'Prometheus has no sample of any gateway: all are down, or it scrapes none.',
      runbook: '502-503',
      command: status,
    }),
    alertOf({
      name: 'PenstockDown',
      severity: 'page',
      expr: `up{${job}} == 0`,
      for: '1m',
      summary: 'The gateway {{ $labels.instance }} does not answer',
      description:
        'Its admin address has not answered for a minute. Acceptors may go on without it, but nothing can be changed.',
      runbook: '502-503',
      command: status,
    }),
    alertOf({
      name: 'PenstockNoAcceptor',
      severity: 'page',
      expr: `${metric('penstock_config_published_generation')} unless on (job, instance) ${metric('penstock_config_generation')}`,
      for: '30s',
      summary: 'No acceptor of {{ $labels.instance }} is running',
      description: 'The supervisor is there and no process takes traffic.',
      runbook: '502-503',
      command: status,
    }),
    alertOf({
      name: 'PenstockAcceptorRestarted',
      severity: 'ticket',
      expr: `increase(${metric('penstock_acceptor_restarts_total')}[15m]) > 0`,
      summary: 'An acceptor of {{ $labels.instance }} died',
      description:
        '{{ $value | humanize }} acceptors were started in place of one that died, in 15 minutes. What was in flight in them was cut off.',
      runbook: 'memory',
      command: status,
    }),
    alertOf({
      name: 'PenstockAcceptorsKeepDying',
      severity: 'page',
      expr: `increase(${metric('penstock_acceptor_restarts_total')}[15m]) > 4`,
      summary: 'Acceptors of {{ $labels.instance }} keep dying',
      description: '{{ $value | humanize }} acceptors were started in place of one that died, in 15 minutes.',
      runbook: 'memory',
      command: status,
    }),
    alertOf({
      name: 'PenstockMemoryGrows',
      severity: 'ticket',
      expr:
        `${metric('process_resident_memory_bytes')} > 1.5 * ${metric('process_resident_memory_bytes')} offset 1d and ` +
        `${metric('process_resident_memory_bytes')} - ${metric('process_resident_memory_bytes')} offset 1d > 64 * 1024 * 1024`,
      for: '1h',
      summary: 'The supervisor of {{ $labels.instance }} grows',
      description: 'It holds {{ $value | humanize1024 }}B, half as much again as a day ago.',
      runbook: 'memory',
      command: status,
    }),
    alertOf({
      name: 'PenstockLogLinesDropped',
      severity: 'ticket',
      expr: `increase(${metric('penstock_access_log_dropped_total')}[10m]) > 0`,
      summary: 'The access log of {{ $labels.instance }} loses lines',
      description:
        '{{ $value | humanize }} lines were lost in 10 minutes: what the log is written to is full, slow or gone. Requests are not slowed.',
      runbook: 'log-overload',
      command: status,
    }),
    alertOf({
      name: 'PenstockSpansLost',
      severity: 'ticket',
      expr:
        `increase(${metric('penstock_spans_failed_total')}[10m]) > 0 or ` +
        `increase(${metric('penstock_spans_dropped_total')}[10m]) > 0`,
      for: '10m',
      summary: 'Traces of {{ $labels.instance }} are lost',
      description:
        '{{ $value | humanize }} spans were lost in 10 minutes: the collector is slow, refuses them or is not reached.',
      runbook: 'log-overload',
      command: status,
    }),
    alertOf({
      name: 'PenstockRateLimitsForget',
      severity: 'ticket',
      expr: `increase(${metric('penstock_rate_limit_evictions_total')}[10m]) > 0`,
      for: '10m',
      summary: 'Rate limits of {{ $labels.instance }} are not exact',
      description:
        '{{ $value | humanize }} keys lost their bucket in 10 minutes and may send more than their limit: runtime.memory.buckets is too small.',
      runbook: '429-surge',
      command: status,
    }),
    alertOf({
      name: 'PenstockInternalErrors',
      severity: 'page',
      expr: `sum by (job, route, code) (increase(${metric('penstock_gateway_errors_total', codes('internal_error', 'policy_failed', 'no_upstream'))}[5m])) > 3`,
      summary: 'The gateway itself fails on route {{ $labels.route }}',
      description: '{{ $value | humanize }} requests ended with {{ $labels.code }} in 5 minutes.',
      runbook: '502-503',
      command: `penstock history ${admin}`,
    }),
  ];
}
