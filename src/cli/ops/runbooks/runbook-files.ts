import type { PackFacts } from '../pack-facts.ts';
import { RUNBOOK_NAMES, type RunbookName } from '../rules/rule.ts';
import { failures, latency, routingLoop } from './failures.ts';
import { configMismatch, logOverload, memory } from './gateway.ts';
import { mass401, surge429, tls } from './refusals.ts';
import { type Runbook, renderRunbook } from './runbook.ts';

const RUNBOOKS: Readonly<Record<RunbookName, (facts: PackFacts) => Runbook>> = {
  '502-503': failures,
  latency,
  'mass-401': mass401,
  '429-surge': surge429,
  tls,
  memory,
  'config-mismatch': configMismatch,
  'routing-loop': routingLoop,
  'log-overload': logOverload,
};

/** Every runbook by its file. */
export function runbookFiles(facts: PackFacts): [path: string, text: string][] {
  return RUNBOOK_NAMES.map((name) => [`runbooks/${name}.md`, renderRunbook(RUNBOOKS[name](facts))]);
}
