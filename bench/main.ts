/**
 * `npm run bench` and `penstock bench`: recorded traffic, or scenarios, against a gateway, and whether it keeps its budgets.
 *
 *   options.ts             what is asked for
 *   run/run-recording.ts   a recording and a config, or           \  an Experiment
 *   run/run-scenario.ts    a scenario                             /
 *   run/run-experiment.ts  measured (run/measure.ts) as often as the judgement (judge/) needs, or
 *   against/compare.ts     in turn with the build of another commit
 *   report/                what is left of it
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { EXIT } from '../src/cli/command-line.ts';
import { type CommandOutput, TERMINAL } from '../src/cli/command-output.ts';
import { RecordingError } from '../src/recording/read-recording.ts';
import { buildOf } from './against/build-of.ts';
import { compare } from './against/compare.ts';
import { outcomeLines } from './judge/outcome-lines.ts';
import { describeMachine } from './machine.ts';
import { type BenchOptions, readBenchOptions } from './options.ts';
import { describeProgress, ProgressLine } from './progress.ts';
import { writeIndex } from './report/write-index.ts';
import { writeReport } from './report/write-report.ts';
import { describeRun } from './run/describe-run.ts';
import { type Contender, type Experiment, type ExperimentResult, makeFolder } from './run/experiment.ts';
import { type Profiled, profileRun } from './run/profile-run.ts';
import { runExperiment, type Watch } from './run/run-experiment.ts';
import { BenchInputError, prepareRecording } from './run/run-recording.ts';
import type { BenchResult } from './run/run-result.ts';
import { prepareScenario } from './run/run-scenario.ts';
import { SCENARIOS } from './scenarios/registry.ts';
import type { Scenario } from './scenarios/scenario.ts';

/** As shells have it of a process that SIGINT ended. */
const INTERRUPTED = 130;

/** By which people and systems end a command. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** What one call is about. */
interface Call {
  readonly options: BenchOptions;
  readonly output: CommandOutput;
  readonly progress: ProgressLine;
  readonly signal: AbortSignal;
  /** The build that this runs in. */
  readonly own: Contender;
}

/** Runs the command with the arguments behind its name. @returns the exit code */
export async function bench(args: string[], output: CommandOutput = TERMINAL): Promise<number> {
  const options = readBenchOptions(args, output);
  if (typeof options === 'number') return options;
  if (options.lists) {
    for (const { name, purpose } of SCENARIOS) output.out(`${name.padEnd(20)} ${purpose}\n`);
    return EXIT.OK;
  }
  // Whoever reads may go, as in `penstock bench | head`; what was begun is ended all the same.
  process.stdout.on('error', () => {});
  const interrupt = new AbortController();
  const stop = (): void => interrupt.abort(new Error('interrupted'));
  // Each of them as often as it comes: a second one must not end this before what it started. npm passes on what the terminal has sent already.
  for (const signal of SIGNALS) process.on(signal, stop);
  const progress = new ProgressLine(process.stderr);
  const main = fileURLToPath(new URL('../src/main.js', import.meta.url));
  const own = { name: 'penstock', version: describeMachine().commit, main };
  try {
    return await benchAll({ options, output, progress, signal: interrupt.signal, own });
  } catch (error) {
    progress.clear();
    if (interrupt.signal.aborted) return INTERRUPTED;
    const isInput = error instanceof BenchInputError || error instanceof RecordingError;
    output.error(`${isInput ? '' : 'penstock bench: '}${(error as Error).message}\n`);
    return EXIT.NO;
  } finally {
    for (const signal of SIGNALS) process.off(signal, stop);
  }
}

/** The recording, or one scenario after the other. */
async function benchAll(call: Call): Promise<number> {
  const named = SCENARIOS.filter(({ name }) => call.options.scenarios.includes(name));
  let isBroken = false;
  for (const scenario of named.length > 0 ? named : [null]) {
    const { judgement } = await benchOne(scenario, call);
    if (judgement.outcome === 'broken') isBroken = true;
  }
  return isBroken ? EXIT.NO : EXIT.OK;
}

/** @param scenario null: the recording */
async function benchOne(scenario: Scenario | null, call: Call): Promise<BenchResult> {
  const { options, output, progress } = call;
  const folder = makeFolder();
  try {
    const experiment =
      scenario === null
        ? await prepareRecording({ ...options, choice: options.load }, folder)
        : await prepareScenario(scenario, folder, options.load);
    const found = await measureAll(experiment, call);
    const profiled = options.profiles ? await profileRun(experiment, call.own.main, call.signal, watchOf(call)) : null;
    const result = resultOf(experiment, options, found, profiled);
    progress.clear();
    for (const note of result.notes) output.out(`note: ${note}\n`);
    for (const line of outcomeLines(result.judgement)) output.out(`${line}\n`);
    if (options.out !== null) output.out(`report: ${report(options.out, result, profiled)}\n`);
    return result;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Alone, or in turn with the build of another commit. */
async function measureAll(experiment: Experiment, call: Call): Promise<ExperimentResult> {
  const { options, signal, own } = call;
  const { against, runs, limits } = options;
  const watch = watchOf(call);
  if (against === null) return runExperiment(experiment, { contender: own, runs, signal, ...watch });
  call.progress.show(`building ${against}`);
  const baseline = await buildOf(against, signal);
  try {
    const other = { name: against, version: baseline.version, main: baseline.main };
    return await compare(experiment, [other, own], { rounds: runs, limits, signal, ...watch });
  } finally {
    await baseline.remove();
  }
}

function watchOf({ progress, output }: Call): Watch {
  return {
    onProgress: (who, plan, now) => progress.show(describeProgress(who, plan, now)),
    onRun: (who, run) => {
      progress.clear();
      output.out(`${who}: ${describeRun(run)}\n`);
    },
  };
}

function resultOf(
  { name, purpose, about, notes }: Experiment,
  { against, name: wanted }: BenchOptions,
  found: ExperimentResult,
  profiled: Profiled | null,
): BenchResult {
  const usual = against === null ? name : `${name}-against-${against.replace(/[^A-Za-z0-9._-]/g, '-')}`;
  return {
    format: 1,
    date: new Date().toISOString(),
    name: wanted ?? usual,
    purpose,
    machine: describeMachine(),
    ...about,
    ...found,
    notes: [...notes, ...found.notes],
    profile: profiled?.result ?? null,
  };
}

/** @returns the folder of the report */
function report(out: string, result: BenchResult, profiled: Profiled | null): string {
  const folder = join(out, `${result.date.slice(0, 10)}-${result.name}`);
  writeReport(folder, result, profiled?.profile ?? null);
  writeIndex(out);
  return folder;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exitCode = await bench(process.argv.slice(2));
