/**
 * `npm run bench` and `penstock bench`: recorded traffic, or scenarios, against a gateway, and whether it keeps its budgets.
 *
 *   options.ts             what is asked for
 *   run/run-recording.ts   a recording and a config, or           \  an Experiment
 *   run/run-scenario.ts    a scenario                             /
 *   run/run-experiment.ts  measured (run/measure.ts) as often as the judgement (judge/) needs
 *   report/                what is left of it
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { EXIT } from '../src/cli/command-line.ts';
import { type CommandOutput, TERMINAL } from '../src/cli/command-output.ts';
import { RecordingError } from '../src/recording/read-recording.ts';
import { outcomeLines } from './judge/outcome-lines.ts';
import { describeMachine } from './machine.ts';
import { type BenchOptions, readBenchOptions } from './options.ts';
import { describeProgress, ProgressLine } from './progress.ts';
import { writeIndex } from './report/write-index.ts';
import { writeReport } from './report/write-report.ts';
import { describeRun } from './run/describe-run.ts';
import { type Experiment, makeFolder } from './run/experiment.ts';
import { runExperiment } from './run/run-experiment.ts';
import { BenchInputError, prepareRecording } from './run/run-recording.ts';
import type { BenchResult } from './run/run-result.ts';
import { prepareScenario } from './run/run-scenario.ts';
import { SCENARIOS } from './scenarios/registry.ts';
import type { Scenario } from './scenarios/scenario.ts';

/** The gateway of this build. */
const OWN_MAIN = fileURLToPath(new URL('../src/main.js', import.meta.url));
/** As shells have it of a process that SIGINT ended. */
const INTERRUPTED = 130;

/** Runs the command with the arguments behind its name. @returns the exit code */
export async function bench(args: string[], output: CommandOutput = TERMINAL): Promise<number> {
  const options = readBenchOptions(args, output);
  if (typeof options === 'number') return options;
  if (options.lists) {
    for (const { name, purpose } of SCENARIOS) output.out(`${name.padEnd(20)} ${purpose}\n`);
    return EXIT.OK;
  }
  const interrupt = new AbortController();
  const stop = (): void => interrupt.abort(new Error('interrupted'));
  process.once('SIGINT', stop).once('SIGTERM', stop);
  try {
    return await benchAll(options, output, interrupt.signal);
  } catch (error) {
    if (interrupt.signal.aborted) return INTERRUPTED;
    const isInput = error instanceof BenchInputError || error instanceof RecordingError;
    output.error(`${isInput ? '' : 'penstock bench: '}${(error as Error).message}\n`);
    return EXIT.NO;
  } finally {
    process.off('SIGINT', stop).off('SIGTERM', stop);
  }
}

/** The recording, or one scenario after the other. */
async function benchAll(options: BenchOptions, output: CommandOutput, signal: AbortSignal): Promise<number> {
  const named = SCENARIOS.filter(({ name }) => options.scenarios.includes(name));
  let isBroken = false;
  for (const scenario of named.length > 0 ? named : [null]) {
    const result = await benchOne(scenario, options, output, signal);
    if (result.judgement.outcome === 'broken') isBroken = true;
  }
  return isBroken ? EXIT.NO : EXIT.OK;
}

/** @param scenario null: the recording */
async function benchOne(
  scenario: Scenario | null,
  options: BenchOptions,
  output: CommandOutput,
  signal: AbortSignal,
): Promise<BenchResult> {
  const progress = new ProgressLine(process.stderr);
  const folder = makeFolder();
  try {
    const experiment = await prepare(scenario, options, folder);
    const { runs, judgement, notes } = await runExperiment(experiment, {
      ...{ main: OWN_MAIN, runs: options.runs, signal },
      onProgress: (round, now) => progress.show(describeProgress(`${experiment.name}, run ${round}`, experiment, now)),
      onRun: (run) => {
        progress.clear();
        output.out(`${experiment.name}, run ${run.round}: ${describeRun(run)}\n`);
      },
    });
    const machine = describeMachine();
    const contenders = [{ name: 'penstock', version: machine.commit, runs }];
    const result = resultOf(experiment, options, { machine, contenders, judgement, notes });
    for (const note of result.notes) output.out(`note: ${note}\n`);
    for (const line of outcomeLines(judgement)) output.out(`${line}\n`);
    if (options.out !== null) output.out(`report: ${report(options.out, result)}\n`);
    return result;
  } finally {
    progress.clear();
    rmSync(folder, { recursive: true, force: true });
  }
}

function prepare(scenario: Scenario | null, options: BenchOptions, folder: string): Promise<Experiment> {
  return scenario === null
    ? prepareRecording({ ...options, choice: options.load }, folder)
    : prepareScenario(scenario, folder, options.load);
}

function resultOf(
  { name, purpose, about, notes }: Experiment,
  options: BenchOptions,
  found: Pick<BenchResult, 'machine' | 'contenders' | 'judgement' | 'notes'>,
): BenchResult {
  return {
    format: 1,
    date: new Date().toISOString(),
    name: options.name ?? name,
    purpose,
    ...about,
    ...found,
    notes: [...notes, ...found.notes],
    profile: null,
  };
}

/** @returns the folder of the report */
function report(out: string, result: BenchResult): string {
  const folder = join(out, `${result.date.slice(0, 10)}-${result.name}`);
  writeReport(folder, result);
  writeIndex(out);
  return folder;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exitCode = await bench(process.argv.slice(2));
