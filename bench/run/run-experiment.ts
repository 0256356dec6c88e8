/** An experiment, as often as its judgement needs. */
import { counts, judge, MOST_RUNS, MOST_STARVED, needsAnotherRun } from '../judge/judge.ts';
import { type LoadPlan, type LoadProgress, OTHERS } from '../load/workload.ts';
import type { Contender, Experiment, ExperimentResult } from './experiment.ts';
import { measure } from './measure.ts';
import type { RunResult } from './run-result.ts';

/** Told what goes on. `who`: which experiment, which run of it. */
export interface Watch {
  onProgress(who: string, plan: LoadPlan, progress: LoadProgress): void;
  onRun(who: string, run: RunResult): void;
}

export interface RunOptions extends Watch {
  readonly contender: Contender;
  /** Null: as many as are usual. */
  readonly runs: number | null;
  readonly signal: AbortSignal;
}

/** @throws as `measure` */
export async function runExperiment(experiment: Experiment, options: RunOptions): Promise<ExperimentResult> {
  const { budgets } = experiment;
  const { contender, signal } = options;
  const { name, version, main } = contender;
  const notes: string[] = [];
  const runs: RunResult[] = [];
  while (runs.length === 0 || isWanted(experiment, runs, options.runs)) {
    const round = runs.length + 1;
    const who = `${experiment.name}, run ${round}`;
    const onNote = (text: string): void => void notes.push(text);
    const run = await measure(experiment, {
      ...{ round, main, signal, onNote },
      onProgress: (progress) => options.onProgress(who, experiment.plan, progress),
    });
    const { starved } = run.load.generator;
    if (starved !== null) notes.push(`Run ${round} does not count: ${starved}`);
    runs.push(run);
    options.onRun(who, run);
  }
  if (budgets.length > 0 && runs.some(({ load }) => Object.hasOwn(load.byLabel, OTHERS)))
    notes.push('More routes were asked than are counted by themselves: the budgets of the others were not judged.');
  return { contenders: [{ name, version, runs }], judgement: judge(budgets, runs, options.runs ?? MOST_RUNS), notes };
}

function isWanted({ budgets }: Experiment, runs: readonly RunResult[], wanted: number | null): boolean {
  if (budgets.length > 0) return needsAnotherRun(budgets, runs, wanted ?? MOST_RUNS);
  const counted = runs.filter(counts).length;
  return counted < (wanted ?? 1) && runs.length - counted <= MOST_STARVED;
}
