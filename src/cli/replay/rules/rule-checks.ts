import type { Change } from '../change.ts';
import { type ChangeExample, EXAMPLES, type Examples } from '../examples.ts';
import type { Rule, RuleField, RuleTotal } from './parse-rule.ts';

/** How a rule fared. */
export interface RuleResult {
  readonly rule: string;
  readonly isBroken: boolean;
  /** Requests that break it; of a rule about a count, what was counted. */
  readonly count: number;
  readonly examples: readonly ChangeExample[];
}

/** What is counted over all requests. */
export type RuleCounts = Readonly<Record<RuleTotal | 'requests', number>>;

/** Holds rules against each request that changes. */
export class RuleChecks {
  readonly #rules: readonly Rule[];
  readonly #counts: number[];
  readonly #examples: ChangeExample[][];
  readonly #show: Examples;

  constructor(rules: readonly Rule[], examples: Examples) {
    this.#rules = rules;
    this.#show = examples;
    this.#counts = rules.map(() => 0);
    this.#examples = rules.map(() => []);
  }

  add(change: Change): void {
    for (let i = 0; i < this.#rules.length; i++) {
      const rule = this.#rules[i]!;
      if (rule.kind === 'total') continue;
      if (rule.clauses.every(({ field, isNegated, test }) => test(fieldOf(field, change)) !== isNegated)) continue;
      this.#counts[i]!++;
      if (this.#examples[i]!.length < EXAMPLES) this.#examples[i]!.push(this.#show.of(change));
    }
  }

  results(counts: RuleCounts): RuleResult[] {
    return this.#rules.map((rule, at) => {
      if (rule.kind === 'each') {
        const count = this.#counts[at]!;
        return { rule: rule.text, isBroken: count > 0, count, examples: this.#examples[at]! };
      }
      const count = counts[rule.total];
      const value = rule.isShare ? count / Math.max(1, counts.requests) : count;
      const holds =
        rule.op === '<=' ? value <= rule.bound : rule.op === '<' ? value < rule.bound : value === rule.bound;
      return { rule: rule.text, isBroken: !holds, count, examples: [] };
    });
  }
}

/** What a request is after the change; `none` for what it does not have. */
function fieldOf(field: RuleField, { exchange, difference, after }: Change): string {
  switch (field) {
    case 'status':
      return after.status === null ? 'none' : String(after.status);
    case 'route':
      return after.route ?? 'none';
    case 'upstream':
      return after.upstream ?? 'none';
    case 'outcome':
      return after.kind;
    case 'code':
      return after.code ?? 'none';
    case 'consumer':
      return after.consumer ?? 'none';
    case 'cause':
      return difference.cause;
    case 'method':
      return exchange.method;
    case 'host':
      return after.exchange.host;
    case 'path':
      return after.exchange.path;
    default:
      return field satisfies never;
  }
}
