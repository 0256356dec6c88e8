/** What came of a run, in words anyone understands. Colour says the same again, never alone. */
import type { BenchResult, Judgement, Verdict } from '../run/run-result.ts';
import { spread } from '../statistics.ts';
import { count, duration, paceText, verdictFigure } from './format.ts';
import { countsNothing, cpuPerRequest, isOpenLoop, overRuns, percentileOfRun, type Series } from './series.ts';

export type Tone = 'good' | 'bad' | 'unsure' | 'plain';

export interface Wording {
  readonly tone: Tone;
  readonly sign: string;
  readonly word: string;
}

/** Contenders named in one sentence. */
const MOST_COMPARED = 6;

const OF: Readonly<Record<Verdict['of'], string>> = {
  latency: 'latency',
  overhead: "the gateway's own time",
  errors: 'errors',
  ratio: 'ratio to the baseline',
};

export const OUTCOMES: Readonly<Record<Judgement['outcome'], Wording>> = {
  kept: { tone: 'good', sign: '✓', word: 'kept' },
  broken: { tone: 'bad', sign: '✗', word: 'broken' },
  'not-judged': { tone: 'unsure', sign: '?', word: 'not judged' },
  'no-budgets': { tone: 'plain', sign: '–', word: 'no budgets' },
};

/** Median of what was measured, in its unit. */
export function measuredFigure({ of, measured }: Verdict): string {
  return measured.length === 0 ? '–' : verdictFigure(of, spread(measured).median);
}

export const verdictSubject = ({ of, figure }: Verdict): string =>
  of === 'errors' ? OF.errors : of === 'ratio' ? `${figure}, ${OF.ratio}` : `${figure} of ${OF[of]}`;

/** `p99` of answers as "99 of 100 answers", `p999` and `p99.9` as "999 of 1,000 answers". */
function shareOf(figure: string, noun: string): string {
  if (figure === 'p50') return `Half of the ${noun}`;
  if (figure === 'max') return `All ${noun}`;
  const [, whole, digits = ''] = /^p(\d+)(?:\.(\d+))?$/.exec(figure) ?? [];
  if (whole === undefined) return `${figure} of the ${noun}`;
  const nines = whole + digits;
  return `${count(Number(nines))} of ${count(10 ** Math.max(2, nines.length))} ${noun}`;
}

function broken(verdict: Verdict): string {
  const { of, figure, route } = verdict;
  const budget = verdictFigure(of, verdict.budget);
  const measured = measuredFigure(verdict);
  const subject = route === '-' ? 'The whole' : `Route ${route}`;
  switch (of) {
    case 'latency':
      return `${subject} is too slow. ${shareOf(figure, 'answers')} may take ${budget} at most (${figure}); it was ${measured}.`;
    case 'overhead':
      return `The gateway itself is too slow${route === '-' ? '' : ` on route ${route}`}. ${shareOf(figure, 'requests')} may stay with it for ${budget} at most (${figure} of overhead); it was ${measured}.`;
    case 'errors':
      return `${subject} fails too often. ${budget} of the requests may fail; ${measured} did.`;
    case 'ratio':
      return `${subject} is worse than its baseline: ${figure} may be ${budget} of it at most, and was ${measured}.`;
  }
}

/** One sentence, and another with what it rests on. */
export function outcomeSentences(result: BenchResult, series: readonly Series[]): readonly [string, string] {
  const load = loadSentence(series.filter(isOpenLoop));
  const verdict = verdictSentence(result.judgement);
  return result.judgement.outcome === 'no-budgets' ? [load, verdict] : [verdict, load];
}

function verdictSentence({ outcome, verdicts }: Judgement): string {
  const failing = verdicts.filter((verdict) => verdict.outcome === 'broken');
  const judged = verdicts.filter((verdict) => verdict.outcome !== 'not-judged');
  switch (outcome) {
    case 'kept':
      return judged.length === 1 ? 'The one budget was kept.' : `All ${judged.length} budgets were kept.`;
    case 'broken':
      if (failing.length === 0) return 'A budget was broken.';
      return failing.length === 1
        ? broken(failing[0])
        : `${broken(failing[0])} In all, ${failing.length} of ${verdicts.length} budgets were broken.`;
    case 'not-judged':
      return 'Not judged: what was measured is too little, or disturbed too much, to say whether the budgets were kept.';
    case 'no-budgets':
      return 'No budgets were set, so there is none to keep or break.';
  }
}

function loadSentence(open: readonly Series[]): string {
  if (open.length === 0) return 'Requests went in a closed loop, which measures capacity and says nothing of latency.';
  const warning = open.every(countsNothing)
    ? ' The generator was starved in every run, so that none counts: these figures are of all of them.'
    : '';
  return (open.length === 1 ? latencySentence(open[0]) : comparison(open)) + warning;
}

function latencySentence(series: Series): string {
  const answered = series.counted.reduce((sum, { load }) => sum + load.total.answered, 0);
  const [half, most] = [50, 99].map((percentile) => duration(overRuns(series, percentileOfRun(percentile)).median));
  const pace = series.pace.kind === 'rate' ? paceText(series.pace) : 'the recorded pace';
  return `Half of the answers took ${half} or less and 99 of 100 took ${most} or less, from ${count(answered)} answers at ${pace}.`;
}

function comparison(open: readonly Series[]): string {
  const shown = open.slice(0, MOST_COMPARED);
  const latencies = shown.map((each) => `${duration(overRuns(each, percentileOfRun(99)).median)} with ${each.label}`);
  const cpu = shown.map((each) => `${overRuns(each, cpuPerRequest).median.toFixed(1)} µs`);
  return `99 of 100 answers took at most ${listed(latencies)}; a request cost ${listed(cpu)} of CPU, in that order.`;
}

const listed = (items: readonly string[]): string =>
  items.length === 1 ? items[0] : `${items.slice(0, -1).join(', ')} and ${items.at(-1)}`;
