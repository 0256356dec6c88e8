/** Results as the bench writes them, made from a seed: the same each time, with stalls, errors and budgets on either side. */
import { build, encodeIntoCompressedBase64, type Histogram } from 'hdr-histogram-js';
import type { LoadCounts, LoadResult, LoadSecond, Pace } from '../../bench/load/workload.ts';
import type { BenchResult, ContenderResult, RunResult, Verdict } from '../../bench/run/run-result.ts';

export interface Wanted {
  readonly routes?: readonly string[];
  readonly contenders?: readonly string[];
  readonly rounds?: number;
  readonly seconds?: number;
  readonly perSecond?: number;
  /** One round's generator was starved. */
  readonly starvedRound?: number;
  readonly paces?: readonly Pace[];
  readonly verdicts?: readonly Verdict[];
}

const ROUTES = ['catalogue', 'search', 'orders', 'orders-write', 'assets', 'health'];

/** Numbers from 0 to 1 by a linear congruential generator (constants of Numerical Recipes). */
function numbersFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) / 2 ** 32;
}

const histogram = (): Histogram => build({ autoResize: true, numberOfSignificantValueDigits: 3 });

/** A latency in microseconds with the long tail that latencies have. */
const latencyOf = (random: () => number, base: number): number =>
  Math.round(base * (0.6 + 0.5 * random()) * (1 + 0.35 * -Math.log(1 - random() * 0.99999)));

function second(index: number, values: number[], failed: number): LoadSecond {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number): number => sorted[Math.floor(share * (sorted.length - 1))];
  const answered = values.length;
  const [p50, p99, max] = answered === 0 ? [null, null, null] : [at(0.5), at(0.99), at(1)];
  return { second: index, sent: answered + failed, answered, failed, p50, p99, max };
}

class Counting {
  readonly latency = histogram();
  readonly byStatus: Record<string, number> = {};
  readonly byErrorCode: Record<string, number> = {};
  resets = 0;

  add(micros: number, status: string | null, errorCode: string | null): void {
    this.latency.recordValue(micros);
    if (status === null) this.resets++;
    else this.byStatus[status] = (this.byStatus[status] ?? 0) + 1;
    if (errorCode !== null) this.byErrorCode[errorCode] = (this.byErrorCode[errorCode] ?? 0) + 1;
  }

  counts(): LoadCounts {
    const answered = Object.values(this.byStatus).reduce((sum, value) => sum + value, 0);
    return {
      sent: answered + this.resets,
      answered,
      failed: this.resets,
      errors: this.resets + (this.byStatus['503'] ?? 0),
      byStatus: this.byStatus,
      byFailure: this.resets > 0 ? { reset: this.resets } : {},
      byErrorCode: this.byErrorCode,
      responseBytes: answered * 1_200,
      latency: encodeIntoCompressedBase64(this.latency),
    };
  }
}

function loadResult(wanted: Required<Wanted>, random: () => number, slowness: number, starved: boolean): LoadResult {
  const total = new Counting();
  const byRoute = new Map(wanted.routes.map((route) => [route, new Counting()]));
  const timeline: LoadSecond[] = [];
  const stalled = Math.floor(wanted.seconds * 0.6);
  for (let index = 0; index < wanted.seconds; index++) {
    const values: number[] = [];
    let failed = 0;
    for (let request = 0; request < wanted.perSecond; request++) {
      const route = Math.floor(wanted.routes.length * random() ** 2);
      const stall = index === stalled && request % 5 === 0 ? 12_000 * random() : 0;
      const micros = latencyOf(random, 420 * slowness * (1 + route * 0.6)) + Math.round(stall);
      const isReset = random() < 0.0004;
      const isRefused = !isReset && random() < 0.0008;
      const status = isReset ? null : isRefused ? '503' : random() < 0.03 ? '304' : '200';
      const code = isRefused ? 'upstream_unavailable' : null;
      total.add(micros, status, code);
      byRoute.get(wanted.routes[route])!.add(micros, status, code);
      if (isReset) failed++;
      else values.push(micros);
    }
    timeline.push(second(index, values, failed));
  }
  return {
    kind: 'result',
    measuredMs: wanted.seconds * 1_000,
    total: total.counts(),
    byLabel: Object.fromEntries([...byRoute].map(([route, counting]) => [route, counting.counts()])),
    timeline,
    generator: {
      due: wanted.seconds * wanted.perSecond,
      lateP99: starved ? 48_000 : Math.round(60 + 90 * random()),
      lateMax: starved ? 310_000 : Math.round(900 + 700 * random()),
      cpuMs: Math.round(wanted.seconds * (90 + 20 * random())),
      starved: starved ? 'more than 1% of the requests left over 10 ms late' : null,
    },
  };
}

function overheads(routes: readonly string[], random: () => number): Record<string, string> {
  const one = (): string => {
    const values = histogram();
    for (let request = 0; request < 500; request++) values.recordValue(latencyOf(random, 70));
    return encodeIntoCompressedBase64(values);
  };
  return Object.fromEntries(routes.map((route) => [route, one()]));
}

function contender(name: string, index: number, wanted: Required<Wanted>): ContenderResult {
  const runs = wanted.paces.flatMap((pace, paceIndex) =>
    Array.from({ length: wanted.rounds }, (_, round): RunResult => {
      const random = numbersFrom(1 + round + 100 * index + 10_000 * paceIndex);
      const starved = wanted.starvedRound === round + 1;
      return {
        round: round + 1,
        pace,
        connections: 64,
        load: loadResult(wanted, random, 1 + 0.3 * index + 0.1 * random(), starved),
        gateway: {
          cpuMs: 1_000,
          cpuMicrosPerRequest: 33 + 9 * index + 5 * random(),
          residentBytes: (140 + 20 * index) * 1024 ** 2,
          disturbance: 0.01 + 0.02 * random(),
          overhead: name === 'nginx' ? null : overheads(wanted.routes, random),
        },
      };
    }),
  );
  return { name, version: `0.1.${index}`, runs };
}

export const BROKEN_VERDICT: Verdict = {
  route: 'search',
  of: 'latency',
  figure: 'p99',
  budget: 20_000,
  measured: [31_200, 30_100, 33_900],
  samples: 4_211,
  outcome: 'broken',
  place: 'config/penstock.yaml:41:7',
};

export const KEPT_VERDICTS: readonly Verdict[] = [
  { ...BROKEN_VERDICT, route: 'catalogue', measured: [1_910, 1_850, 2_040], samples: 9_702, outcome: 'kept' },
  { ...BROKEN_VERDICT, of: 'overhead', budget: 2_000, measured: [310, 305, 342], outcome: 'kept', place: null },
  { ...BROKEN_VERDICT, route: '-', of: 'errors', figure: 'share', budget: 0.01, measured: [0.0011], outcome: 'kept' },
];

/** One contender and one round unless more are wanted; the outcome is that of the verdicts. */
export function benchResult(name: string, wanted: Wanted = {}): BenchResult {
  const all: Required<Wanted> = {
    routes: ROUTES,
    contenders: ['penstock'],
    rounds: 1,
    seconds: 10,
    perSecond: 200,
    starvedRound: 0,
    paces: [{ kind: 'rate', perSecond: wanted.perSecond ?? 200 }],
    verdicts: [],
    ...wanted,
  };
  const isBroken = all.verdicts.some(({ outcome }) => outcome === 'broken');
  return {
    format: 1,
    date: '2026-11-21T17:05:00.000Z',
    name,
    purpose: 'Replays the shipped recording against the shipped config and its demo origin.',
    machine: {
      cpu: 'Example CPU',
      cores: 4,
      memoryGiB: 16,
      kernel: 'Linux 6.1',
      node: 'v20.20.2',
      commit: '0123456789ab',
    },
    config: { file: 'config/penstock.yaml', digest: 'ab'.repeat(32) },
    recording: { file: 'bench/recordings/shop.ndjson.gz', digest: 'cd'.repeat(32) },
    contenders: all.contenders.map((each, index) => contender(each, index, all)),
    judgement: {
      outcome: all.verdicts.length === 0 ? 'no-budgets' : isBroken ? 'broken' : 'kept',
      verdicts: all.verdicts,
    },
    notes: [],
    profile: null,
  };
}
