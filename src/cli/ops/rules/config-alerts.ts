/** Configuration, what was changed by hand, and certificates. */
import type { PackFacts } from '../pack-facts.ts';
import { select } from '../promql.ts';
import { type AlertDraft, type AlertRule, alertOf } from './rule.ts';

const DAY_SECONDS = 86_400;

export function configAlerts({ job, admin }: PackFacts): AlertRule[] {
  const metric = (name: string, ...matchers: string[]): string => select(name, job, ...matchers);
  return [
    alertOf({
      name: 'PenstockConfigRefused',
      severity: 'ticket',
      expr: `increase(${metric('penstock_config_reloads_total', 'result="refused"')}[15m]) > 0`,
      summary: 'A configuration was refused by {{ $labels.instance }}',
      description:
        '{{ $value | humanize }} times in 15 minutes what the source says could not be used. The last good one goes on.',
      runbook: 'config-mismatch',
      command: `penstock status ${admin}`,
    }),
    alertOf({
      name: 'PenstockGenerationStuck',
      severity: 'page',
      expr: `${metric('penstock_config_generation')} != on (job, instance) group_left ${metric('penstock_config_published_generation')} unless on (job, instance) ${metric('penstock_canary')} == 1`,
      for: '5m',
      summary: 'Acceptor {{ $labels.acceptor }} of {{ $labels.instance }} serves another configuration',
      description: 'It serves generation {{ $value }}, for five minutes other than what was published last.',
      runbook: 'config-mismatch',
      command: `penstock status ${admin}`,
    }),
    alertOf({
      name: 'PenstockConfigDrift',
      severity: 'ticket',
      expr: `${metric('penstock_config_drift')} > 0`,
      for: '1h',
      summary: 'What {{ $labels.instance }} runs is not what its source says',
      description: 'For an hour: after a rollback, a refused configuration, or with a lever that is pulled.',
      runbook: 'config-mismatch',
      command: `penstock history ${admin}`,
    }),
    alertOf({
      name: 'PenstockLeverPulled',
      severity: 'ticket',
      expr: `${metric('penstock_levers')} > 0`,
      for: '4h',
      summary: 'Something was changed by hand on {{ $labels.instance }}',
      description: '{{ $value }} levers have been pulled for four hours. What is to stay belongs into the config.',
      runbook: 'config-mismatch',
      command: `penstock status ${admin}`,
    }),
    alertOf({
      name: 'PenstockHistoryNotKept',
      severity: 'ticket',
      expr: `increase(${metric('penstock_history_failures_total')}[1h]) > 0`,
      summary: 'The disk of {{ $labels.instance }} refuses the history of configurations',
      description: '{{ $value | humanize }} times in an hour: a rollback may not find what it should go back to.',
      runbook: 'config-mismatch',
      command: `penstock history ${admin}`,
    }),
    expiry(job, admin, { name: 'PenstockCertificateExpires', severity: 'ticket', days: 14 }),
    expiry(job, admin, { name: 'PenstockCertificateExpiresNow', severity: 'page', days: 3 }),
  ];
}

function expiry(
  job: string,
  admin: string,
  { name, severity, days }: Pick<AlertDraft, 'name' | 'severity'> & { readonly days: number },
): AlertRule {
  return alertOf({
    name,
    severity,
    expr: `${select('penstock_certificate_not_after_seconds', job)} - time() < ${days * DAY_SECONDS}`,
    for: '5m',
    summary: `The certificate {{ $labels.subject }} expires in less than ${days} days`,
    description:
      'It expires in {{ $value | humanizeDuration }} (negative: it has expired). It is in {{ $labels.file }}, ' +
      'for {{ if $labels.listener }}listener {{ $labels.listener }}{{ else }}upstream {{ $labels.upstream }}{{ end }}.',
    runbook: 'tls',
    command: `penstock status ${admin}`,
  });
}
