/** What is measured: a gateway's config, what it is asked, and what goes on meanwhile. Made from a recording or from a scenario. */
import { chmodSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BudgetLine } from '../judge/budget-line.ts';
import type { LoadPlan } from '../load/workload.ts';
import { freePort } from '../processes.ts';
import type { ScenarioSetup } from '../scenarios/scenario.ts';
import type { BenchResult } from './run-result.ts';

export interface Experiment {
  readonly name: string;
  readonly purpose: string;
  readonly folder: string;
  /** In the folder. */
  readonly configFile: string;
  readonly acceptors: number;
  readonly adminPort: number;
  /** Of origins that answer what they are asked to; each is started for every run. */
  readonly originPorts: readonly number[];
  readonly plan: LoadPlan;
  readonly during: ScenarioSetup['during'] | null;
  readonly budgets: readonly BudgetLine[];
  readonly about: Pick<BenchResult, 'config' | 'recording'>;
  readonly notes: readonly string[];
}

/** A build of the gateway. */
export interface Contender {
  readonly name: string;
  /** Of its commit. */
  readonly version: string;
  /** Path of its `dist/src/main.js`. */
  readonly main: string;
}

/** What came of an experiment. */
export interface ExperimentResult extends Pick<BenchResult, 'contenders' | 'judgement'> {
  /** What was seen meanwhile, a sentence each. */
  readonly notes: readonly string[];
}

/** What may be set from outside; what is left out is the experiment's own. */
export type LoadChoice = Partial<Pick<LoadPlan, 'pace' | 'connections' | 'warmUpMs' | 'measureMs'>>;

/**
 * Enough for p99 of a route that gets a tenth of it, on a machine that others use too; three runs of it, and their starts, take
 * less than a minute.
 */
export const USUAL_LOAD = {
  tls: false,
  pace: { kind: 'rate', perSecond: 300 },
  connections: 256,
  requestsPerConnection: null,
  readBytesPerSecond: null,
  warmUpMs: 2_000,
  measureMs: 12_000,
  timeoutMs: 30_000,
} as const satisfies Omit<LoadPlan, 'workload' | 'host' | 'port'>;

/** An empty folder that nobody else can look into. */
export function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'penstock-bench-'));
  chmodSync(folder, 0o700);
  return folder;
}

/** Ports of 127.0.0.1, all different, that were free a moment ago. */
export async function freePorts(count: number): Promise<number[]> {
  const ports = new Set<number>();
  while (ports.size < count) ports.add(await freePort());
  return [...ports];
}
