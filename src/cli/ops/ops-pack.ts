/** Everything around a gateway that its config decides: rules for Prometheus, dashboards for Grafana, runbooks for people. */
import type { Config } from '../../config/schema/schema.ts';
import { renderDashboard } from './dashboards/dashboard.ts';
import { DEBUG } from './dashboards/debug.ts';
import { EXECUTIVE } from './dashboards/executive.ts';
import { ON_CALL } from './dashboards/on-call.ts';
import { adminOption, type PackFacts } from './pack-facts.ts';
import { quoted } from './promql.ts';
import { alertsFile, recordingRulesFile } from './rules/rule-files.ts';
import { runbookFiles } from './runbooks/runbook-files.ts';

export interface PackOptions {
  /** The label `job` of what Prometheus scrapes from these gateways. */
  readonly job: string;
}

/** The files of a pack, by their paths in its folder. The same config makes the same files. */
export function opsPack(config: Config, { job }: PackOptions): ReadonlyMap<string, string> {
  const facts: PackFacts = { config, job: `job=${quoted(job)}`, admin: adminOption(config) };
  return new Map([
    ['prometheus/recording-rules.yaml', recordingRulesFile(facts)],
    ['prometheus/alerts.yaml', alertsFile(facts)],
    ['grafana/executive.json', renderDashboard(EXECUTIVE, job)],
    ['grafana/on-call.json', renderDashboard(ON_CALL, job)],
    ['grafana/debug.json', renderDashboard(DEBUG, job)],
    ...runbookFiles(facts),
  ]);
}
