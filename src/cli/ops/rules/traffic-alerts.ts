/** Upstreams and their endpoints, and errors of the gateway by their codes. */
import { ERROR_CODES, ERRORS, type ErrorCode } from '../../../errors/table.ts';
import type { PackFacts } from '../pack-facts.ts';
import { percent, select } from '../promql.ts';
import { codes } from './error-codes.ts';
import { type AlertDraft, type AlertRule, alertOf } from './rule.ts';

/** Share of a route's requests that fail with one code before somebody is woken, budget or not. */
const MOST_FAILURES = 0.05;
/** Answered by the gateway because somebody wants it so. */
const MEANT: ReadonlySet<ErrorCode> = new Set(['route_disabled', 'fault_injected']);
const CUT_OFF: readonly ErrorCode[] = ['upstream_truncated', 'upstream_idle_timeout'];

export function upstreamAlerts({ job, admin }: PackFacts): AlertRule[] {
  const metric = (name: string): string => select(name, job);
  const status = `penstock status ${admin}`;
  return [
    alertOf({
      name: 'PenstockUpstreamDown',
      severity: 'page',
      expr: `max by (job, instance, upstream) (${metric('penstock_endpoint_up')} * (1 - ${metric('penstock_endpoint_ejected')})) == 0`,
      for: '30s',
      summary: 'Upstream {{ $labels.upstream }} has no healthy endpoint',
      description: 'All its endpoints fail their health checks or are ejected, as {{ $labels.instance }} sees it.',
      runbook: '502-503',
      command: status,
    }),
    alertOf({
      name: 'PenstockEndpointDown',
      severity: 'ticket',
      expr: `${metric('penstock_endpoint_up')} == 0`,
      for: '5m',
      summary: 'Endpoint {{ $labels.endpoint }} of {{ $labels.upstream }} is down',
      description: 'It has failed its health checks for five minutes. The other endpoints carry its share.',
      runbook: '502-503',
      command: status,
    }),
    alertOf({
      name: 'PenstockEndpointEjected',
      severity: 'ticket',
      expr: `increase(${metric('penstock_endpoint_ejections_total')}[1h]) > 3`,
      summary: 'Endpoint {{ $labels.endpoint }} of {{ $labels.upstream }} keeps failing',
      description: 'It was left out {{ $value | humanize }} times in an hour because exchanges with it failed.',
      runbook: '502-503',
      command: status,
    }),
    alertOf({
      name: 'PenstockCircuitOpen',
      severity: 'page',
      expr: `${metric('penstock_endpoint_circuit')} == 1`,
      for: '2m',
      summary: 'The circuit of {{ $labels.endpoint }} ({{ $labels.upstream }}) stays open',
      description: 'It has failed too often and is sent nothing, for two minutes now.',
      runbook: '502-503',
      command: status,
    }),
    alertOf({
      name: 'PenstockRequestsWait',
      severity: 'ticket',
      expr: `${metric('penstock_upstream_waiting')} > 0`,
      for: '5m',
      summary: 'Requests wait for a connection to {{ $labels.upstream }}',
      description: '{{ $value }} wait now, and some have for five minutes: every connection is busy.',
      runbook: 'latency',
      command: status,
    }),
    alertOf({
      name: 'PenstockRetryBudgetSpent',
      severity: 'ticket',
      expr: `rate(${metric('penstock_upstream_retries_refused_total')}[5m]) > 0`,
      for: '10m',
      summary: 'Upstream {{ $labels.upstream }} fails more than its retries can hide',
      description: '{{ $value | humanize }} retries a second are not made because their budget is spent.',
      runbook: '502-503',
      command: status,
    }),
  ];
}

export function codeAlerts({ job, admin }: PackFacts): AlertRule[] {
  const errors = (matcher: string): string => select('penstock_gateway_errors_total', job, matcher);
  const explain = 'penstock explain METHOD URL';
  return [
    byStatus(job, { status: 502, runbook: '502-503', what: 'upstreams cannot be reached or answer nonsense' }, admin),
    byStatus(job, { status: 503, runbook: '502-503', what: 'nothing is there that could take them' }, admin),
    byStatus(job, { status: 504, runbook: 'latency', what: 'upstreams do not answer in time' }, admin),
    alertOf({
      name: 'PenstockResponsesCutOff',
      severity: 'ticket',
      expr: `sum by (job, route, code) (increase(${errors(codes(...CUT_OFF))}[10m])) > 5`,
      summary: 'Responses of route {{ $labels.route }} break off',
      description:
        '{{ $value | humanize }} ended with {{ $labels.code }} in 10 minutes. Their status had been sent: no 5xx counts them.',
      runbook: '502-503',
      command: `penstock status ${admin}`,
    }),
    alertOf({
      name: 'PenstockRoutingLoop',
      severity: 'page',
      expr: `sum by (job, route) (increase(${errors(codes('loop_detected'))}[5m])) > 5`,
      summary: 'Requests come back to the gateway they came from',
      description:
        '{{ $value | humanize }} requests in 5 minutes had passed through this gateway before: an upstream leads back to it.',
      runbook: 'routing-loop',
      command: explain,
    }),
    surge({
      name: 'PenstockMassUnauthorized',
      severity: 'page',
      record: 'penstock:route_unauthenticated:ratio_rate5m',
      job,
      share: 0.2,
      summary: 'Route {{ $labels.route }} turns many clients away (401)',
      description:
        '{{ $value | humanizePercentage }} of its requests are answered 401, three times as many as an hour ago.',
      runbook: 'mass-401',
      command: `penstock status ${admin}`,
    }),
    alertOf({
      name: 'PenstockKeysUnavailable',
      severity: 'page',
      expr: `sum by (job, route) (increase(${errors(codes('keys_unavailable'))}[5m])) > 0`,
      summary: 'Tokens of route {{ $labels.route }} cannot be checked',
      description: '{{ $value | humanize }} requests in 5 minutes were refused because no keys could be fetched.',
      runbook: 'mass-401',
      command: `penstock status ${admin}`,
    }),
    surge({
      name: 'PenstockLimitSurge',
      severity: 'ticket',
      record: 'penstock:route_limited:ratio_rate5m',
      job,
      share: 0.1,
      summary: 'Route {{ $labels.route }} refuses many requests (429)',
      description:
        '{{ $value | humanizePercentage }} of its requests are beyond a limit, three times as many as an hour ago.',
      runbook: '429-surge',
      command: `penstock status ${admin}`,
    }),
  ];
}

/** Codes of a status that are nobody's wish and not the client's doing. */
function faultsOf(status: number): ErrorCode[] {
  return ERROR_CODES.filter(
    (code) => ERRORS[code].status === status && ERRORS[code].source !== 'downstream' && !MEANT.has(code),
  );
}

type StatusDraft = Pick<AlertDraft, 'runbook'> & { readonly status: number; readonly what: string };

function byStatus(job: string, { status, runbook, what }: StatusDraft, admin: string): AlertRule {
  const rate = `sum by (job, route, code) (rate(${select('penstock_gateway_errors_total', job, codes(...faultsOf(status)))}[5m]))`;
  return alertOf({
    name: `PenstockAnswers${status}`,
    severity: 'page',
    expr: `${rate} / on (job, route) group_left () (${select('penstock:route_requests:rate5m', job)} > 0) > ${MOST_FAILURES} and ${rate} * 300 >= 5`,
    for: '3m',
    summary: `Route {{ $labels.route }} answers ${status}: {{ $labels.code }}`,
    description: `{{ $value | humanizePercentage }} of its requests end with {{ $labels.code }} (limit ${percent(MOST_FAILURES)}): ${what}.`,
    runbook,
    command: `penstock status ${admin}`,
  });
}

interface SurgeDraft extends Omit<AlertDraft, 'expr'> {
  readonly record: string;
  readonly job: string;
  readonly share: number;
}

/** More than a share, more than one a second, and three times what it was an hour ago: some clients are always turned away. */
function surge({ record, job, share, ...draft }: SurgeDraft): AlertRule {
  const now = select(record, job);
  const perSecond = `${now} * ${select('penstock:route_requests:rate5m', job)}`;
  return alertOf({
    ...draft,
    expr: `${now} > ${share} and ${perSecond} > 1 unless ${now} < 3 * (${now} offset 1h)`,
    for: '5m',
  });
}
