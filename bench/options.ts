/** What `penstock bench` is asked for, from its arguments. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { readCommandLine, refuseUse, type Usage } from '../src/cli/command-line.ts';
import type { CommandOutput } from '../src/cli/command-output.ts';
import { defaultConfigPath } from '../src/cli/config-path.ts';
import { parseDuration, parseRate, parseSize } from '../src/config/units.ts';
import { MOST_RUNS } from './judge/judge.ts';
import { LEAST_ROUNDS, RATIO_LIMITS, type RatioLimits } from './judge/judge-ratios.ts';
import { MOST_PER_SECOND, type Pace } from './load/workload.ts';
import type { LoadChoice } from './run/experiment.ts';
import type { RecordingRun } from './run/run-recording.ts';
import { SCENARIOS } from './scenarios/registry.ts';

const SHIPPED = {
  config: fileURLToPath(new URL('../../config/penstock.yaml', import.meta.url)),
  recording: fileURLToPath(new URL('../../bench/recordings/site.ndjson.gz', import.meta.url)),
};

const USAGE = {
  command: 'bench',
  help: `Usage: penstock bench [OPTIONS] [SCENARIO...]

Replays recorded traffic against a config at a fixed rate, compares what each route takes with its budget, and
writes a report. With names of scenarios it measures those instead. All of it runs on this machine, on loopback:
the gateway on ports of its own, and origins of its own in place of the upstreams.

  -c, --config FILE      the config (penstock.yaml or config/penstock.yaml without it)
      --recording FILE   the traffic, see docs/recordings.md (without it a recording that comes with Penstock)
      --secrets FILE     JSON object: pseudonyms of the recording, and the credentials that are sent in their place
      --origin keep      ask the endpoints of the config: they get the traffic!
      --most-answer SIZE longer answers are cut to this size (none are; 256KiB with the recording that comes with
                         Penstock, which is of a site with downloads)
      --acceptors N      acceptors of the gateway (1)

      --rate 300/s       requests leave evenly, whatever the answers do (300/s)
      --recorded         requests leave as they were recorded ...
      --speed N          ... N times as fast (1)
      --closed           each connection asks when it was answered: for capacity, nothing is judged
      --duration 12s     how long is measured (12s); all: the whole recording, once, with no warm-up
      --warm-up 2s       sent before, and not counted (2s)
      --connections N    connections to the gateway, at most (256)

      --runs N           a broken budget is measured again, up to N runs in all (${MOST_RUNS}); without budgets, and
                         with --against, so many runs are made (1, and ${LEAST_ROUNDS})
      --against REF      compare with the build of this git ref, in turn on this machine
      --most-cpu N       with --against: CPU time per request may be N times the other's (${RATIO_LIMITS.cpu})
      --most-p50 N       ... and p50 (${RATIO_LIMITS.p50})
      --most-p99 N       ... and p99 (${RATIO_LIMITS.p99})

      --name NAME        what the run is called in its report's folder
      --out DIR          where reports go (perf-reports)
      --no-report        write none
      --profile          add a CPU profile of an acceptor to the report; nothing is judged by such a run
      --list             list the scenarios
  -h, --help             this text

A percentile is judged with three samples beyond it in each run: p99 wants 300 requests, p999 3,000. A budget is
broken when it is in most runs. What could not be judged is said and fails nothing.

Exit code: 0 no budget is broken, 1 one is, or nothing could be measured, 2 wrong use.

Examples:
  penstock bench -c penstock.yaml --recording yesterday.ndjson.gz --rate 500/s
  penstock bench --against main
  penstock bench plain-proxy --no-report
`,
  options: {
    config: { type: 'string', short: 'c' },
    recording: { type: 'string' },
    secrets: { type: 'string' },
    origin: { type: 'string' },
    acceptors: { type: 'string' },
    'most-answer': { type: 'string' },
    rate: { type: 'string' },
    recorded: { type: 'boolean' },
    speed: { type: 'string' },
    closed: { type: 'boolean' },
    duration: { type: 'string' },
    'warm-up': { type: 'string' },
    connections: { type: 'string' },
    runs: { type: 'string' },
    against: { type: 'string' },
    'most-cpu': { type: 'string' },
    'most-p50': { type: 'string' },
    'most-p99': { type: 'string' },
    name: { type: 'string' },
    out: { type: 'string' },
    'no-report': { type: 'boolean', default: false },
    profile: { type: 'boolean', default: false },
    list: { type: 'boolean', default: false },
  },
  positionals: [],
  repeatsLast: true,
} as const satisfies Usage;

export interface BenchOptions extends Omit<RecordingRun, 'choice'> {
  readonly load: LoadChoice;
  /** Null: as many as are usual for what is done. */
  readonly runs: number | null;
  readonly against: string | null;
  readonly limits: RatioLimits;
  readonly name: string | null;
  /** Null: no report. */
  readonly out: string | null;
  readonly profiles: boolean;
  readonly lists: boolean;
  readonly scenarios: readonly string[];
}

type Values = Readonly<Record<string, string | boolean | undefined>>;

/** A use that is wrong; the message says how. */
class WrongUse extends Error {}

/** @returns the exit code when there is nothing left to do: help was asked for, or the use was wrong; either has been printed */
export function readBenchOptions(args: string[], output: CommandOutput): BenchOptions | number {
  const parsed = readCommandLine(USAGE, args, output);
  if (typeof parsed === 'number') return parsed;
  try {
    return optionsOf(parsed.values as Values, parsed.positionals);
  } catch (error) {
    if (!(error instanceof WrongUse)) throw error;
    return refuseUse(USAGE, error.message, output);
  }
}

function optionsOf(values: Values, scenarios: readonly string[]): BenchOptions {
  const text = (name: string): string | null => (values[name] as string | undefined) ?? null;
  const unknown = scenarios.find((name) => !SCENARIOS.some((scenario) => scenario.name === name));
  if (unknown !== undefined) throw new WrongUse(`there is no scenario ${JSON.stringify(unknown)}, see --list`);
  const forRecordings = ['config', 'recording', 'secrets', 'origin', 'acceptors', 'most-answer'].find(
    (name) => text(name) !== null,
  );
  if (scenarios.length > 0 && forRecordings !== undefined) throw new WrongUse(`a scenario takes no --${forRecordings}`);
  if (text('origin') !== null && text('origin') !== 'keep') throw new WrongUse('--origin is keep, or left out');
  const isWhole = text('duration') === 'all';
  const name = text('name');
  if (name !== null && !/^[A-Za-z0-9._-]{1,64}$/.test(name))
    throw new WrongUse('--name is letters, digits, dots and dashes');
  const usual = defaultConfigPath();
  return {
    config: text('config') ?? (existsSync(usual) ? usual : SHIPPED.config),
    recording: text('recording') ?? SHIPPED.recording,
    secrets: text('secrets'),
    keepsOrigins: text('origin') === 'keep',
    acceptors: wholeNumber(values, 'acceptors', 64) ?? 1,
    mostAnswerBytes: mostAnswerOf(values),
    isWhole,
    load: loadOf(values, isWhole),
    runs: wholeNumber(values, 'runs', 100),
    against: text('against'),
    limits: {
      cpu: ratio(values, 'most-cpu') ?? RATIO_LIMITS.cpu,
      p50: ratio(values, 'most-p50') ?? RATIO_LIMITS.p50,
      p99: ratio(values, 'most-p99') ?? RATIO_LIMITS.p99,
    },
    name,
    out: values['no-report'] === true ? null : (text('out') ?? 'perf-reports'),
    profiles: values['profile'] === true,
    lists: values['list'] === true,
    scenarios,
  };
}

function loadOf(values: Values, isWhole: boolean): LoadChoice {
  const connections = wholeNumber(values, 'connections', 50_000);
  const warmUpMs = durationOf(values, 'warm-up', 0);
  const measureMs = isWhole ? null : durationOf(values, 'duration', 100);
  const pace = paceOf(values);
  return {
    ...(pace === null ? {} : { pace }),
    ...(connections === null ? {} : { connections }),
    ...(warmUpMs === null ? {} : { warmUpMs }),
    ...(measureMs === null ? {} : { measureMs }),
  };
}

function paceOf(values: Values): Pace | null {
  const ways = ['rate', 'recorded', 'closed'].filter((name) => values[name] !== undefined);
  if (ways.length > 1) throw new WrongUse(`expected one of --${ways.join(' and --')}`);
  if (values['speed'] !== undefined && ways[0] !== 'recorded') throw new WrongUse('--speed is for --recorded');
  if (ways[0] === 'closed') return { kind: 'closed' };
  if (ways[0] === 'recorded') return { kind: 'recorded', speed: ratio(values, 'speed') ?? 1 };
  if (ways[0] === undefined) return null;
  const rate = parseRate(values['rate'] as string);
  if (rate === null || rate.requests === 0)
    throw new WrongUse('--rate is so many in a time, such as 300/s or 6000/min');
  const perSecond = (rate.requests * 1_000) / rate.per;
  if (perSecond > MOST_PER_SECOND)
    throw new WrongUse(`--rate is at most ${MOST_PER_SECOND}/s: no generator keeps more`);
  return { kind: 'rate', perSecond };
}

function wholeNumber(values: Values, name: string, most: number): number | null {
  const text = values[name] as string | undefined;
  if (text === undefined) return null;
  const number = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (!(number >= 1 && number <= most)) throw new WrongUse(`--${name} is a whole number from 1 to ${most}`);
  return number;
}

function ratio(values: Values, name: string): number | null {
  const text = values[name] as string | undefined;
  if (text === undefined) return null;
  const number = /^\d{1,6}(\.\d{1,6})?$/.test(text) ? Number(text) : 0;
  if (number === 0) throw new WrongUse(`--${name} is a number above 0, such as 1.1`);
  return number;
}

/** A few downloads of tens of megabytes would be all that a short run measures. */
const SHIPPED_MOST_ANSWER = '256KiB';

function mostAnswerOf(values: Values): number {
  const usual = values['recording'] === undefined ? SHIPPED_MOST_ANSWER : null;
  const text = (values['most-answer'] as string | undefined) ?? usual;
  if (text === null) return Number.POSITIVE_INFINITY;
  const bytes = parseSize(text);
  if (bytes === null) throw new WrongUse('--most-answer is a size such as 256KiB');
  return bytes;
}

function durationOf(values: Values, name: string, least: number): number | null {
  const text = values[name] as string | undefined;
  if (text === undefined) return null;
  const ms = text === '0' ? 0 : parseDuration(text);
  if (ms === null || ms < least) throw new WrongUse(`--${name} is a time such as 500ms, 12s or 2m`);
  return ms;
}
