/** All scenarios of a comparison in one: figures of each gateway, and as multiples of the first one's of the same round. */
import type { Machine } from '../machine.ts';
import { cpuPerRequest, isOpenLoop, percentileOfRun, type Series, seriesOf } from '../report/series.ts';
import type { BenchResult, RunResult } from '../run/run-result.ts';

/** The shape of `results.json` beside the folders of the scenarios. */
export interface Summary {
  readonly format: 'peers-1';
  /** ISO 8601. */
  readonly date: string;
  readonly machine: Machine;
  readonly scenarios: readonly ScenarioSummary[];
  /** Gateways that were not found. */
  readonly notInstalled: readonly string[];
}

export interface ScenarioSummary {
  readonly name: string;
  readonly purpose: string;
  /** The first is what the others are multiples of. */
  readonly gateways: readonly GatewaySummary[];
  /** By gateway, a sentence. */
  readonly cannot: Readonly<Record<string, string>>;
  readonly notes: readonly string[];
}

export interface GatewaySummary {
  readonly name: string;
  readonly version: string;
  readonly cpuMicros: Figure;
  /** Whether CPU was measured in a closed loop; else at the fixed rate. */
  readonly inClosedLoop: boolean;
  readonly p50Micros: Figure;
  readonly p99Micros: Figure;
  /** Answers that were none, or not what was expected, at the fixed rate: of how many. */
  readonly errors: number;
  readonly sent: number;
}

export interface Figure {
  /** One a round that counts. */
  readonly values: readonly number[];
  /** As multiples of what the first gateway had in the same round. */
  readonly ratios: readonly number[];
}

export function summarise(result: BenchResult, cannot: Readonly<Record<string, string>>): ScenarioSummary {
  const { name, purpose, contenders, notes } = result;
  const series = seriesOf(result);
  const of = (gateway: string): { readonly open: Series; readonly steady: Series } => {
    const own = series.filter(({ contender }) => contender === gateway);
    const open = own.find(isOpenLoop)!;
    return { open, steady: own.find((each) => !isOpenLoop(each)) ?? open };
  };
  const base = of(contenders[0]!.name);
  const gateways = contenders.map(({ name: gateway, version }) => {
    const { open, steady } = of(gateway);
    const sum = (field: 'errors' | 'sent'): number =>
      open.counted.reduce((total, { load }) => total + load.total[field], 0);
    return {
      name: gateway,
      version,
      cpuMicros: figure(steady, base.steady, cpuPerRequest),
      inClosedLoop: !isOpenLoop(steady),
      p50Micros: figure(open, base.open, percentileOfRun(50)),
      p99Micros: figure(open, base.open, percentileOfRun(99)),
      errors: sum('errors'),
      sent: sum('sent'),
    };
  });
  return { name, purpose, gateways, cannot, notes };
}

function figure({ counted }: Series, base: Series, value: (run: RunResult) => number): Figure {
  const ratios = counted.flatMap((run) => {
    const other = base.counted.find(({ round }) => round === run.round);
    return other === undefined || value(other) === 0 ? [] : [value(run) / value(other)];
  });
  return { values: counted.map(value), ratios };
}
