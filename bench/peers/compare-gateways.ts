/** One scenario with every gateway that can do it: round after round, a fresh process for each window. */
import type { LoadPlan } from '../load/workload.ts';
import { describeMachine } from '../machine.ts';
import { paceText } from '../report/format.ts';
import type { Experiment } from '../run/experiment.ts';
import { type MeasureOptions, measure, type PeerLaunch } from '../run/measure.ts';
import type { BenchResult, RunResult } from '../run/run-result.ts';
import { CheapOrigins, findCheapOrigin } from './cheap-origins.ts';
import { findWrk, wrkLoad } from './wrk-load.ts';

export interface GatewayContender {
  readonly name: string;
  readonly version: string;
  /** Null: the build of this checkout. */
  readonly launch: PeerLaunch | null;
}

export interface CompareOptions {
  readonly rounds: number;
  readonly attempts: number;
  /** `dist/src/main.js`. */
  readonly main: string;
  /** Whether a closed loop is measured too. */
  readonly closedLoop: boolean;
  readonly signal: AbortSignal;
  onRun(who: string, run: RunResult): void;
  onFailure(text: string): void;
}

/** A window in which other programs had more than this share of the gateway's core is measured again. */
const DISTURBED = 0.05;
/** A gateway that left so much of its core idle in a closed loop was not the bottleneck. */
const BUSY = 0.9;
const CLOSED_CONNECTIONS = 32;

export interface Comparison {
  readonly result: BenchResult;
  /** Peers that failed and are no longer in the result, by name, with a sentence. */
  readonly failed: Readonly<Record<string, string>>;
}

/**
 * @param contenders the first is what the others are compared with
 * @throws as `measure`, when it is Penstock that fails, or the run was aborted
 */
export async function compareGateways(
  experiment: Experiment,
  contenders: readonly GatewayContender[],
  options: CompareOptions,
): Promise<Comparison> {
  const failed: Record<string, string> = {};
  const runs = new Map<string, RunResult[]>(contenders.map(({ name }) => [name, []]));
  const notes = new Set<string>(experiment.notes);
  const phases = options.closedLoop && findWrk() !== null ? [closedLoopOf(experiment), experiment] : [experiment];
  for (let round = 1; round <= options.rounds; round++) {
    for (const contender of round % 2 === 1 ? contenders : contenders.toReversed()) {
      if (contender.name in failed) continue;
      try {
        for (const phase of phases) {
          const run = await measureUndisturbed(phase, contender, round, options, notes);
          runs.get(contender.name)!.push(run);
          for (const note of notesOn(contender.name, run)) notes.add(note);
          options.onRun(`${experiment.name}, round ${round}, ${contender.name.padEnd(8)}`, run);
        }
      } catch (error) {
        if (contender.launch === null || options.signal.aborted) throw error;
        failed[contender.name] = failureOf(error);
        options.onFailure(`${experiment.name}, round ${round}, ${(error as Error).message}`);
      }
    }
  }
  const { name, purpose, about } = experiment;
  const lasting = contenders.filter((each) => !(each.name in failed));
  const result: BenchResult = {
    ...{ format: 1, date: new Date().toISOString(), name, purpose, machine: describeMachine(), ...about },
    contenders: lasting.map((each) => ({ name: each.name, version: each.version, runs: runs.get(each.name)! })),
    judgement: { outcome: 'no-budgets', verdicts: [] },
    notes: [...notes],
    profile: null,
  };
  return { result, failed };
}

/** In one line: the first of what it printed stands behind it. */
function failureOf(error: unknown): string {
  return (error as Error).message.split('\n', 2).join(' ').slice(0, 300);
}

function closedLoopOf(experiment: Experiment): Experiment {
  const plan: LoadPlan = { ...experiment.plan, pace: { kind: 'closed' }, connections: CLOSED_CONNECTIONS };
  return { ...experiment, plan, during: null };
}

async function measureUndisturbed(
  experiment: Experiment,
  { name, launch }: GatewayContender,
  round: number,
  { main, signal, attempts }: CompareOptions,
  notes: Set<string>,
): Promise<RunResult> {
  const options: MeasureOptions = {
    ...{ round, main, signal },
    ...(launch === null ? {} : { peer: launch }),
    ...(experiment.plan.pace.kind === 'closed' ? closedLoopParts(experiment.folder) : {}),
    onProgress: () => {},
    onNote: (text) => void notes.add(`${name}, round ${round}: ${text}`),
  };
  for (let attempt = 1; ; attempt++) {
    const run = await measure(experiment, options);
    const isFine = run.gateway.disturbance <= DISTURBED && run.load.generator.starved === null;
    if (isFine || attempt >= attempts) return run;
  }
}

const closedLoopParts = (folder: string): Pick<MeasureOptions, 'makeLoad' | 'makeOrigins'> => ({
  makeLoad: wrkLoad,
  ...(findCheapOrigin() === null
    ? {}
    : { makeOrigins: (ports: readonly number[], cores: string) => new CheapOrigins(folder, ports, cores) }),
});

function notesOn(name: string, { round, pace, load, gateway }: RunResult): string[] {
  const busy = gateway.cpuMs / load.measuredMs;
  const isIdle = pace.kind === 'closed' && busy < BUSY;
  const { starved } = load.generator;
  const who = `${name}, round ${round}, ${paceText(pace)}`;
  return [
    ...(isIdle ? [`${name}: the load, not the gateway, set how many answers a second the closed loop had.`] : []),
    ...(gateway.disturbance > DISTURBED
      ? [`${who}: others had ${Math.round(gateway.disturbance * 100)}% of the gateway's core.`]
      : []),
    ...(starved === null ? [] : [`${who}, does not count: ${starved}`]),
  ];
}
