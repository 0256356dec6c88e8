/** The form of every runbook: short, in the order in which it is needed, and with the command that helps at its end. */

/** Something to do, and the command that does it; null: none does. */
export type Step = readonly [text: string, command: string | null];

export interface Runbook {
  readonly title: string;
  /** What clients notice, and what the gateway says. */
  readonly means: string;
  readonly confirm: readonly Step[];
  /** Most likely first. */
  readonly causes: readonly string[];
  readonly act: readonly Step[];
  /** What this config has to do with it; left out: nothing. */
  readonly here?: readonly string[];
  readonly helps: Step;
}

export function renderRunbook({ title, means, confirm, causes, act, here = [], helps }: Runbook): string {
  const sections = [
    `# ${title}`,
    means,
    '## Confirm',
    ...confirm.map(renderStep),
    '## Causes, most likely first',
    causes.map((cause, index) => `${index + 1}. ${cause}`).join('\n'),
    ...(here.length === 0 ? [] : ['## In this config', here.map((line) => `- ${line}`).join('\n')]),
    '## What to do',
    ...act.map(renderStep),
    '## The command that helps',
    renderStep(helps),
  ];
  return `${sections.join('\n\n')}\n`;
}

function renderStep([text, command]: Step): string {
  return command === null ? text : `${text}\n\n${command.replace(/^/gm, '    ')}`;
}
