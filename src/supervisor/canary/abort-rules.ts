/** What ends a canary before its time: `errors>1%,p99>1.5x`. Rules are checked for all traffic together, and for each route. */

export interface AbortRule {
  /** As it was written. */
  readonly text: string;
  readonly figure: 'errors' | 'p50' | 'p90' | 'p99';
  /**
   * `share`: errors among the requests of the canary, those that the others have as well taken off. `times`: of what the others
   * show. `ms`: milliseconds.
   */
  readonly unit: 'share' | 'times' | 'ms';
  readonly threshold: number;
}

/** Where nothing else is said. */
export const DEFAULT_RULES = 'errors>1%,p99>1.5x';

const RULE = /^(errors|p50|p90|p99)>(\d{1,6}(?:\.\d{1,3})?)(%|x|ms|s)$/;

/** The rules of a list, or one sentence about what is wrong with it. */
export function parseAbortRules(list: string): readonly AbortRule[] | string {
  const rules: AbortRule[] = [];
  for (const text of list.split(',').map((part) => part.trim())) {
    const rule = parseRule(text);
    if (rule === null)
      return `${JSON.stringify(text)} is not a rule, expected errors>1%, errors>2x, p99>1.5x or p99>50ms (p50, p90 too)`;
    rules.push(rule);
  }
  return rules;
}

function parseRule(text: string): AbortRule | null {
  const [, figure, digits, unit] = RULE.exec(text) ?? [];
  if (figure === undefined) return null;
  const value = Number(digits);
  const named = { text, figure: figure as AbortRule['figure'] };
  if (unit === 'x') return { ...named, unit: 'times', threshold: value };
  // A share of durations means nothing, nor does a duration of errors.
  if ((unit === '%') !== (figure === 'errors')) return null;
  if (unit === '%') return { ...named, unit: 'share', threshold: value / 100 };
  return { ...named, unit: 'ms', threshold: unit === 's' ? value * 1000 : value };
}
