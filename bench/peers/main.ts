/** `npm run bench:peers`: see options.ts for the command line, README.md for what is measured and how. */
import { rmSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describeMachine } from '../machine.ts';
import { findBinary } from '../processes.ts';
import { writeIndex } from '../report/write-index.ts';
import { writeReport } from '../report/write-report.ts';
import { describeRun } from '../run/describe-run.ts';
import { makeFolder } from '../run/experiment.ts';
import { prepareScenario } from '../run/run-scenario.ts';
import { SCENARIOS } from '../scenarios/registry.ts';
import type { Scenario } from '../scenarios/scenario.ts';
import { compareGateways, type GatewayContender } from './compare-gateways.ts';
import { findPeers, type InstalledPeer, launchOf, whyNot } from './contenders.ts';
import { type Options, parseOptions, USAGE } from './options.ts';
import { writePeersReport } from './peers-report.ts';
import { type ScenarioSummary, type Summary, summarise } from './summary.ts';
import { findWrk } from './wrk-load.ts';

const MAIN = fileURLToPath(new URL('../../src/main.js', import.meta.url));

const say = (line: string): void => void process.stderr.write(`${line}\n`);

interface Call {
  readonly options: Options;
  readonly installed: readonly InstalledPeer[];
  /** Of the reports. */
  readonly folder: string;
  readonly signal: AbortSignal;
}

async function main(): Promise<void> {
  const options = parseOptions(process.argv.slice(2));
  if (options === null) return void process.stdout.write(USAGE);
  if (cpus().length < 2)
    throw new Error('The comparison needs two cores: one for the gateway, one for load and origins.');
  if (findBinary('taskset') === null) throw new Error('The comparison needs taskset (Debian package util-linux).');
  if (findWrk() === null) say('wrk is not installed: no closed loops, CPU a request is that at the fixed rate');
  const installed = findPeers(options.peers, say);
  const date = new Date().toISOString();
  const folder = join(options.out, `${date.slice(0, 10)}-peers`);
  const signal = untilInterrupted();
  const scenarios: ScenarioSummary[] = [];
  const found = installed.map(({ peer }) => peer.name);
  const notInstalled = options.peers.filter((name) => !found.includes(name));
  for (const scenario of SCENARIOS.filter(({ name }) => options.scenarios.includes(name))) {
    scenarios.push(await compareIn(scenario, { options, installed, folder, signal }));
    const summary: Summary = { format: 'peers-1', date, machine: describeMachine(), scenarios, notInstalled };
    // After each scenario: what was measured is there, whatever becomes of the next.
    writePeersReport(folder, summary);
  }
  writeIndex(options.out);
  process.stdout.write(`report: ${folder}\n`);
}

async function compareIn(scenario: Scenario, { options, installed, folder, signal }: Call): Promise<ScenarioSummary> {
  const { rounds, attempts, warmUpMs, measureMs } = options;
  const place = makeFolder();
  try {
    const experiment = await prepareScenario(scenario, place, { warmUpMs, measureMs });
    const contenders: GatewayContender[] = [{ name: 'penstock', version: describeMachine().commit, launch: null }];
    const cannot: Record<string, string> = {};
    for (const each of installed) {
      const reason = whyNot(scenario, each.peer);
      if (reason !== null) cannot[each.peer.name] = reason;
      else
        contenders.push({
          name: each.peer.name,
          version: each.version,
          launch: await launchOf(scenario, each, experiment),
        });
    }
    const { result, failed } = await compareGateways(experiment, contenders, {
      ...{ rounds, attempts, signal, main: MAIN, closedLoop: scenario.closedLoop === true },
      onRun: (who, run) => say(`${who} ${describeRun(run)}`),
      onFailure: say,
    });
    writeReport(join(folder, scenario.name), result);
    return summarise(result, { ...cannot, ...failed });
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}

function untilInterrupted(): AbortSignal {
  const interrupt = new AbortController();
  const stop = (): void => interrupt.abort(new Error('interrupted'));
  process.once('SIGINT', stop).once('SIGTERM', stop);
  return interrupt.signal;
}

main().catch((error: Error) => {
  say(error.message);
  process.exitCode = 2;
});
