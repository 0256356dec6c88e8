/** An experiment, as often as its judgement needs. */
import { counts, judge, MOST_RUNS, MOST_STARVED, needsAnotherRun } from '../judge/judge.ts';
import type { LoadProgress } from '../load/workload.ts';
import type { Experiment } from './experiment.ts';
import { measure } from './measure.ts';
import type { Judgement, RunResult } from './run-result.ts';

export interface RunOptions {
  /** `dist/src/main.js` of the build that is measured. */
  readonly main: string;
  /** Null: as many as are usual. */
  readonly runs: number | null;
  readonly signal: AbortSignal;
  onProgress(round: number, progress: LoadProgress): void;
  onRun(run: RunResult): void;
}

export interface ExperimentResult {
  readonly runs: readonly RunResult[];
  readonly judgement: Judgement;
  /** What was seen meanwhile, a sentence each. */
  readonly notes: readonly string[];
}

/** @throws as `measure` */
export async function runExperiment(experiment: Experiment, options: RunOptions): Promise<ExperimentResult> {
  const { budgets } = experiment;
  const { main, signal } = options;
  const notes: string[] = [];
  const runs: RunResult[] = [];
  while (runs.length === 0 || isWanted(experiment, runs, options.runs)) {
    const round = runs.length + 1;
    const onNote = (text: string): void => void notes.push(text);
    const run = await measure(experiment, {
      ...{ round, main, signal, onNote },
      onProgress: (progress) => options.onProgress(round, progress),
    });
    const { starved } = run.load.generator;
    if (starved !== null) notes.push(`Run ${round} does not count: ${starved}`);
    runs.push(run);
    options.onRun(run);
  }
  return { runs, judgement: judge(budgets, runs), notes };
}

function isWanted({ budgets }: Experiment, runs: readonly RunResult[], wanted: number | null): boolean {
  if (budgets.length > 0) return needsAnotherRun(budgets, runs, wanted ?? MOST_RUNS);
  const counted = runs.filter(counts).length;
  return counted < (wanted ?? 1) && runs.length - counted <= MOST_STARVED;
}
