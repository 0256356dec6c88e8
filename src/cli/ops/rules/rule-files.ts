/** The files that Prometheus loads. */
import { stringify } from 'yaml';
import type { PackFacts } from '../pack-facts.ts';
import { budgetAlerts } from './budget-alerts.ts';
import { configAlerts } from './config-alerts.ts';
import { gatewayAlerts } from './gateway-alerts.ts';
import { recordingRules } from './recording-rules.ts';
import type { AlertRule, RuleGroup } from './rule.ts';
import { codeAlerts, upstreamAlerts } from './traffic-alerts.ts';

/** Text of `recording-rules.yaml`. */
export function recordingRulesFile(facts: PackFacts): string {
  return fileOf(recordingRules(facts));
}

/** Text of `alerts.yaml`. */
export function alertsFile(facts: PackFacts): string {
  return fileOf(alertGroups(facts));
}

export function alertGroups(facts: PackFacts): RuleGroup<AlertRule>[] {
  const groups = [
    { name: 'penstock-budget-alerts', rules: budgetAlerts(facts) },
    { name: 'penstock-gateway-alerts', rules: gatewayAlerts(facts) },
    { name: 'penstock-config-alerts', rules: configAlerts(facts) },
    { name: 'penstock-upstream-alerts', rules: upstreamAlerts(facts) },
    { name: 'penstock-code-alerts', rules: codeAlerts(facts) },
  ];
  return groups.filter(({ rules }) => rules.length > 0);
}

function fileOf(groups: readonly RuleGroup<object>[]): string {
  return `# Made by penstock ops from the config: change the config and make it anew.\n${stringify({ groups }, { lineWidth: 0 })}`;
}
