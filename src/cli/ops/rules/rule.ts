/** Rules as Prometheus reads them. */
export interface RecordingRule {
  readonly record: string;
  readonly expr: string;
  readonly labels?: Readonly<Record<string, string>>;
}

/** `page`: somebody is woken. `ticket`: somebody looks at it on a working day. */
export type Severity = 'page' | 'ticket';

export interface AlertRule {
  readonly alert: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: {
    readonly summary: string;
    readonly description: string;
    /** Path of a page, from the folder of the pack. */
    readonly runbook: string;
    /** What to type first. */
    readonly command: string;
  };
}

export interface RuleGroup<Rule> {
  readonly name: string;
  readonly interval?: string;
  readonly rules: readonly Rule[];
}

/** What an alert is made from. */
export interface AlertDraft {
  readonly name: string;
  readonly severity: Severity;
  readonly expr: string;
  /** How long it must hold; left out: not at all. */
  readonly for?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly summary: string;
  readonly description: string;
  readonly runbook: RunbookName;
  readonly command: string;
}

export const RUNBOOK_NAMES = [
  '502-503',
  'latency',
  'mass-401',
  '429-surge',
  'tls',
  'memory',
  'config-mismatch',
  'routing-loop',
  'log-overload',
] as const;

export type RunbookName = (typeof RUNBOOK_NAMES)[number];

export function alertOf(draft: AlertDraft): AlertRule {
  const { name, severity, expr, for: holds, labels, summary, description, runbook, command } = draft;
  return {
    alert: name,
    expr,
    ...(holds === undefined ? {} : { for: holds }),
    labels: { severity, ...labels },
    annotations: { summary, description, runbook: `runbooks/${runbook}.md`, command },
  };
}
