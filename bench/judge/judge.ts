/** Budgets and runs to a judgement, and whether more runs are needed for one. Pure. */
import type { Judgement, RunResult, Verdict } from '../run/run-result.ts';
import type { BudgetLine } from './budget-line.ts';
import { verdictOf } from './verdict-of.ts';

/** Runs in which a broken budget is measured at most: broken in two of three is broken. */
export const MOST_RUNS = 3;
/** Runs that may be repeated because the generator was starved in them. */
export const MOST_STARVED = 2;

/**
 * @param runs those that were measured, in their order; starved ones do not count
 * @param most as for `needsAnotherRun`
 */
export function judge(budgets: readonly BudgetLine[], runs: readonly RunResult[], most: number): Judgement {
  const counted = runs.filter(counts);
  if (budgets.length === 0) return { outcome: 'no-budgets', verdicts: [] };
  const verdicts = relevant(budgets, runs).map((budget) =>
    counted.length === 0 ? starved(budget) : settled(verdictOf(budget, counted), counted.length, most),
  );
  return { outcome: outcomeOf(verdicts), verdicts };
}

/** Whether the generator did what it was to do in this run. */
export function counts({ load }: RunResult): boolean {
  return load.generator.starved === null;
}

/**
 * Whether another run could change the judgement: a budget was broken, but neither broken nor kept in most of `most` runs yet; or
 * the generator was starved, and not too often.
 */
export function needsAnotherRun(budgets: readonly BudgetLine[], runs: readonly RunResult[], most: number): boolean {
  const counted = runs.filter(counts);
  const lost = runs.length - counted.length;
  if (lost > MOST_STARVED || counted.length >= most) return false;
  if (counted.length === 0) return true;
  return relevant(budgets, counted).some((budget) => isOpen(verdictOf(budget, counted), most));
}

/** Broken, but neither broken nor kept in most of `most` runs. */
function isOpen({ measured, budget, outcome }: Verdict, most: number): boolean {
  const broken = measured.filter((value) => value > budget).length;
  const kept = measured.length - broken;
  return outcome !== 'not-judged' && broken > 0 && broken * 2 <= most && kept * 2 <= most;
}

/** A run that breaks a budget may be noise: it decides nothing where those that were to confirm it were starved. */
function settled(verdict: Verdict, runs: number, most: number): Verdict {
  if (runs >= most || !isOpen(verdict, most)) return verdict;
  const reason = 'the generator was starved in the runs that were to say whether it is broken again';
  return { ...verdict, outcome: 'not-judged', reason };
}

/** Defaults are for the routes that were asked; a budget of a route's own wants requests. */
function relevant(budgets: readonly BudgetLine[], runs: readonly RunResult[]): BudgetLine[] {
  const asked = new Set(runs.flatMap(({ load }) => Object.keys(load.byLabel)));
  return budgets.filter(({ route, isOwn }) => isOwn || asked.has(route));
}

function starved({ route, of, figure, limit, place }: BudgetLine): Verdict {
  const reason = 'the generator was starved in every run';
  return { route, of, figure, budget: limit, measured: [], samples: 0, outcome: 'not-judged', place, reason };
}

function outcomeOf(verdicts: readonly Verdict[]): Judgement['outcome'] {
  if (verdicts.some(({ outcome }) => outcome === 'broken')) return 'broken';
  return verdicts.some(({ outcome }) => outcome === 'kept') ? 'kept' : 'not-judged';
}
