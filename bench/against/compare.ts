/** Two builds under the same load, in turn; the order is reversed each round, so that neither gains by what a machine does meanwhile. */
import { counts, MOST_STARVED } from '../judge/judge.ts';
import { judgeRatios, LEAST_ROUNDS, type RatioLimits } from '../judge/judge-ratios.ts';
import type { Contender, Experiment, ExperimentResult } from '../run/experiment.ts';
import { measure } from '../run/measure.ts';
import type { Watch } from '../run/run-experiment.ts';
import type { ContenderResult, RunResult } from '../run/run-result.ts';

export interface CompareOptions extends Watch {
  /** Null: as few as can be judged. */
  readonly rounds: number | null;
  readonly limits: RatioLimits;
  readonly signal: AbortSignal;
}

/** @throws as `measure` */
export async function compare(
  experiment: Experiment,
  [baseline, contender]: readonly [baseline: Contender, contender: Contender],
  options: CompareOptions,
): Promise<ExperimentResult> {
  const rounds = options.rounds ?? LEAST_ROUNDS;
  const before: ContenderResult & { runs: RunResult[] } = { name: baseline.name, version: baseline.version, runs: [] };
  const after: typeof before = { name: contender.name, version: contender.version, runs: [] };
  const turns = [
    { build: baseline, into: before },
    { build: contender, into: after },
  ];
  const notes: string[] = [];
  let counted = 0;
  for (let round = 1; counted < rounds && round <= rounds + MOST_STARVED; round++) {
    for (const { build, into } of round % 2 === 1 ? turns : turns.toReversed())
      into.runs.push(await measureOne(experiment, build, round, notes, options));
    if (counts(before.runs.at(-1)!) && counts(after.runs.at(-1)!)) counted++;
  }
  return { contenders: [before, after], judgement: judgeRatios(before, after, options.limits), notes };
}

async function measureOne(
  experiment: Experiment,
  { name, main }: Contender,
  round: number,
  notes: string[],
  { signal, onProgress, onRun }: CompareOptions,
): Promise<RunResult> {
  const who = `${experiment.name}, round ${round}, ${name}`;
  const run = await measure(experiment, {
    ...{ round, main, signal },
    onProgress: (progress) => onProgress(who, experiment.plan, progress),
    onNote: (text) => notes.push(text),
  });
  const { starved } = run.load.generator;
  if (starved !== null) notes.push(`Round ${round} of ${name} does not count: ${starved}`);
  onRun(who, run);
  return run;
}
