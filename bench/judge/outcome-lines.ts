/** What a judgement says on a terminal: a line for each budget that is broken, and one for those that were not judged. */
import type { Judgement, Verdict } from '../run/run-result.ts';
import { describeRatios } from './judge-ratios.ts';

/** Not judged ones are listed up to here; the report has them all. */
const MOST_LISTED = 5;

export function outcomeLines({ outcome, verdicts }: Judgement): string[] {
  const broken = verdicts.filter((verdict) => verdict.outcome === 'broken');
  const open = verdicts.filter((verdict) => verdict.outcome === 'not-judged');
  const kept = verdicts.length - broken.length - open.length;
  const [why] = new Set(open.map(({ reason }) => reason));
  if (outcome === 'not-judged' && open.every(({ reason }) => reason === why))
    return [`NOT JUDGED: ${open.length} budgets: ${why}`];
  return [
    ...broken.map((verdict) => `BROKEN  ${describe(verdict)}`),
    ...open.slice(0, MOST_LISTED).map((verdict) => `not judged  ${describe(verdict)}`),
    ...(open.length > MOST_LISTED ? [`not judged  ${open.length - MOST_LISTED} more budgets`] : []),
    summary(outcome, kept, broken.length, open.length),
  ];
}

function summary(outcome: Judgement['outcome'], kept: number, broken: number, open: number): string {
  if (outcome === 'no-budgets') return 'no budgets: nothing was judged';
  if (outcome === 'not-judged') return `NOT JUDGED: none of ${open} budgets could be judged`;
  const counts = [`${kept} kept`, `${broken} broken`, ...(open > 0 ? [`${open} not judged`] : [])];
  return `budgets: ${counts.join(', ')}`;
}

function describe(verdict: Verdict): string {
  const { route, of, figure, budget, measured, samples, place, reason } = verdict;
  const subject = of === 'errors' ? `${route} errors` : of === 'ratio' ? figure : `${route} ${of} ${figure}`;
  const found =
    of === 'ratio' ? describeRatios(measured) : measured.map((value) => quantity(verdict, value)).join(', ');
  const parts = [
    `budget ${of === 'ratio' ? `at most ${budget}` : quantity(verdict, budget)}`,
    ...(measured.length > 0 ? [`measured ${found}`] : []),
    `${samples} ${samples === 1 ? 'sample' : 'samples'}`,
    ...(reason === undefined ? [] : [reason]),
    ...(place === null ? [] : [place]),
  ];
  return `${subject}: ${parts.join('; ')}`;
}

function quantity({ of }: Verdict, value: number): string {
  return of === 'errors' ? `${Number((value * 100).toFixed(3))}%` : formatMicros(value);
}

/** `840us`, `31.2ms`, `1.50s`. */
export function formatMicros(us: number): string {
  if (us < 1000) return `${Math.round(us)}us`;
  if (us < 1_000_000) return `${Number((us / 1000).toPrecision(3))}ms`;
  return `${(us / 1_000_000).toFixed(2)}s`;
}
